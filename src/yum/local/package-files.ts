import { createHash } from 'node:crypto';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { safeRelativePath } from '../../core/paths.ts';
import type { LocalFile, LocalPackage, LocalReading, LocalTrust } from '../../family/local-packages.ts';
import type { ExtraKind } from '../extras.ts';
import { readPackage } from '../format/package/read-package.ts';
import type { RpmPackage } from '../format/package/rpm-package.ts';
import { filelistsElement, otherElement, primaryElement } from '../format/package/write-elements.ts';
import { USUAL_NAMESPACES } from '../format/repodata/namespaces.ts';
import { createPrimaryReader } from '../format/repodata/primary.ts';
import { formatEvr } from '../format/version.ts';
import { createHead, startPackageCheck } from '../package-check.ts';

/** The changes that metadata has of a package, as many as createrepo_c takes. */
const CHANGELOG_LIMIT = 10;

/**
 * Reads .rpm, source packages too. Every file is read to its end, and what it says of its own header and payload must hold of them; where there are keys, it
 * must be signed as `verifyPackage` wants it of packages of a mirror. The record of a package is what createrepo_c would write of it, but that
 * the time of its file is the one at which it was built: where the file is kept it has no other. Its place is `Packages/<first letter>/<the
 * name that rpmbuild gives such a file>`.
 */
export async function readPackageFile(file: LocalFile, trust: LocalTrust): Promise<LocalReading> {
  const { entry, sha256, size } = await readChecked(file, trust);
  const { architecture, name } = entry;
  const location = locationOf(file, entry);
  const facts = { checksum: { algorithm: 'sha256', value: sha256 }, packageSize: size, fileTime: entry.buildTime, location } as const;
  const element = Buffer.from(primaryElement(entry, facts));
  // Nothing may be stored that cannot be read again.
  createPrimaryReader(file.path)({ bytes: element, namespaces: USUAL_NAMESPACES });
  const extras: readonly { readonly kind: ExtraKind; readonly data: Buffer }[] = [
    { kind: 'filelists', data: Buffer.from(filelistsElement(entry, sha256)) },
    { kind: 'other', data: Buffer.from(otherElement(entry, sha256, CHANGELOG_LIMIT)) },
  ];
  for (const { length } of [element, ...extras.map(({ data }) => data)]) {
    if (length > LIMITS.record)
      throw new MirrorError('METADATA_INVALID', `${file.path} needs ${length} bytes of metadata, more than ${LIMITS.record}`);
  }
  const added: LocalPackage = {
    record: { name, version: formatEvr(entry), architecture, sha256, size, location, record: element },
    files: [file],
    extras,
  };
  return { packages: [added], notices: [] };
}

interface CheckedFile {
  readonly entry: RpmPackage;
  readonly sha256: string;
  /** In bytes. */
  readonly size: number;
}

async function readChecked(file: LocalFile, { keyring, now }: LocalTrust): Promise<CheckedFile> {
  const head = createHead(file.path);
  const check = startPackageCheck({ what: file.path, keyring, now });
  const digest = createHash('sha256');
  let entry: RpmPackage | undefined;
  let size = 0;
  for await (const chunk of file.read()) {
    size += chunk.length;
    digest.update(chunk);
    check.update(chunk);
    const whole = entry === undefined ? head.add(chunk) : undefined;
    if (whole !== undefined) entry = readPackage(whole, file.path);
  }
  try {
    check.finish();
  } catch (error) {
    if (!isMirrorError(error, 'PACKAGE_UNSIGNED')) throw error;
    throw new MirrorError('PACKAGE_UNSIGNED', error.message, {
      hint: 'Sign it with `rpmsign --addsign`, or remove `keys` of the repo.',
      cause: error,
    });
  }
  if (entry === undefined) throw new MirrorError('METADATA_INVALID', `${file.path} is no RPM package: it ends after ${size} bytes`);
  return { entry, sha256: digest.digest('hex'), size };
}

function locationOf({ name: stated, path }: LocalFile, { architecture, name, release, version }: RpmPackage): string {
  // That a source package lacks sources which may not be passed on, only the name of its file says.
  const kind = architecture === 'src' && stated.endsWith('.nosrc.rpm') ? 'nosrc' : architecture;
  return safeRelativePath(`Packages/${name.slice(0, 1).toLowerCase()}/${name}-${version}-${release}.${kind}.rpm`, path);
}
