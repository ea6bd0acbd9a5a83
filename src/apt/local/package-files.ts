import { checked } from '../../codec/checked.ts';
import { collect } from '../../codec/decompress.ts';
import type { Expected } from '../../core/digests.ts';
import { MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { LocalFile, LocalPackage, LocalReading, LocalTrust } from '../../family/local-packages.ts';
import { isSourcePackage } from '../candidate.ts';
import { SOURCE } from '../format/architecture.ts';
import { type Changes, parseChanges } from '../format/changes.ts';
import { readDebFile } from '../format/deb-file.ts';
import { parseDsc } from '../format/dsc.ts';
import { createFileList } from '../format/file-list.ts';
import type { ListedFile } from '../format/listed-files.ts';
import { packagesStanza } from '../format/packages-stanza.ts';
import { parseSourceField } from '../format/source-field.ts';
import { sourcesStanza } from '../format/sources-stanza.ts';
import { fieldOf } from '../format/stanza.ts';
import { type SignedText, signedText } from '../signed-text.ts';
import { digesting, digestsOf, listedAs } from './file-digests.ts';

const BINARY = /\.[ud]?deb$/;

/**
 * Reads .deb, .udeb and .ddeb; .dsc with the archives that it names; .changes with everything that it names, all of which must be beside it. Every file is read to its end and must be
 * what names it says. Where there are keys, a .changes or .dsc must be signed by one, and a binary package named by such a .changes. The record of a
 * package is what dpkg-scanpackages or dpkg-scansources would write of it; its location the name that dpkg-name gives it.
 */
export async function readPackageFile(file: LocalFile, trust: LocalTrust): Promise<LocalReading> {
  if (file.name.endsWith('.changes')) return await readUpload(file, trust);
  if (file.name.endsWith('.dsc')) {
    const { bytes, signed } = await readSigned(file, trust);
    return { packages: [await readSource(file, bytes, signed.text)], notices: noticesOf(file, signed) };
  }
  if (trust.keyring !== undefined) {
    throw new MirrorError('PACKAGE_UNSIGNED', `${file.path} is a binary package, which nobody signs`, {
      hint: 'Add the signed .changes that names it, or remove `keys` of the repo.',
    });
  }
  return { packages: [await readBinary(file)], notices: [] };
}

async function readSigned(file: LocalFile, trust: LocalTrust): Promise<{ readonly bytes: Buffer; readonly signed: SignedText }> {
  const bytes = await collect(file.read(), LIMITS.signedDocument, file.path);
  return { bytes, signed: await signedText(bytes, file.path, trust) };
}

function noticesOf(file: LocalFile, { isSigned, signedBy }: SignedText): string[] {
  if (signedBy !== undefined) return [`${file.path} is signed by ${signedBy}`];
  return isSigned ? [`${file.path} is signed, and the repo has no keys to check that with`] : [`${file.path} is not signed`];
}

async function readBinary(file: LocalFile, expected: Expected = { checksums: [] }): Promise<LocalPackage> {
  const { stream, digests } = digesting(checked(file.read(), expected, file.path));
  const list = createFileList(file.path);
  const { stanza, name, version, architecture } = await readDebFile(stream, file.path, list.add);
  const { size, md5, sha1, sha256 } = digests();
  const [extension] = BINARY.exec(file.name) ?? ['.deb'];
  const location = `${name}_${withoutEpoch(version)}_${architecture}${extension}`;
  const record = packagesStanza(stanza.bytes, { filename: location, size, md5, sha1, sha256 });
  return {
    record: { name, version, architecture, sha256, size, location, record },
    files: [file],
    extras: [{ kind: 'contents', data: list.text() }],
  };
}

/** @param text of the .dsc, without its signature. */
async function readSource(file: LocalFile, bytes: Buffer, text: Buffer): Promise<LocalPackage> {
  const { stanza, name, version, files: listed } = parseDsc(text, file.path);
  const own = await digestsOf(only(bytes));
  const location = `${name}_${withoutEpoch(version)}.dsc`;
  const files: LocalFile[] = [];
  const known: ListedFile[] = [];
  for (const expected of listed) {
    const archive = await file.beside(expected.name);
    files.push(archive);
    known.push(listedAs(expected.name, await digestsOf(checked(archive.read(), expected, archive.path))));
  }
  return {
    record: {
      name,
      version,
      architecture: SOURCE,
      sha256: own.sha256,
      size: own.size,
      location,
      record: sourcesStanza(stanza.bytes, [listedAs(location, own), ...known]),
      files: known.map((archive) => ({ name: archive.name, size: archive.size, sha256: sha256Of(archive) })),
    },
    files: [file, ...files],
    extras: [],
  };
}

async function readUpload(file: LocalFile, trust: LocalTrust): Promise<LocalReading> {
  const { signed } = await readSigned(file, trust);
  const changes = parseChanges(signed.text, file.path);
  const packages: LocalPackage[] = [];
  const notices = noticesOf(file, signed);
  for (const listed of changes.files) {
    const named = await file.beside(listed.name);
    if (BINARY.test(listed.name)) packages.push(ofUpload(await readBinary(named, listed), changes, named));
    else if (listed.name.endsWith('.dsc')) {
      const bytes = await collect(checked(named.read(), listed, named.path), LIMITS.signedDocument, named.path);
      // The .changes vouches for it.
      const { text } = await signedText(bytes, named.path, { ...trust, keyring: undefined });
      packages.push(ofUpload(await readSource(named, bytes, text), changes, named));
    } else {
      await digestsOf(checked(named.read(), listed, named.path));
    }
  }
  const stored = new Set(packages.flatMap(({ files }) => files.map(({ name }) => name)));
  const others = changes.files.filter(({ name }) => !stored.has(name));
  if (others.length > 0)
    notices.push(`${file.path} names what is no package and is left out: ${others.map(({ name }) => name).join(', ')}`);
  return { packages, notices };
}

/** The package, if it is made from the source that the .changes is of. */
function ofUpload(found: LocalPackage, changes: Changes, file: LocalFile): LocalPackage {
  const { record } = found;
  const source = parseSourceField(fieldOf(record.record, 'Source'))?.name ?? record.name;
  const isSource = isSourcePackage(record);
  if (source !== changes.source || (isSource && record.version !== changes.version)) {
    const made = isSource ? `${source} ${record.version}` : `a package made from ${source}`;
    throw new MirrorError(
      'METADATA_INVALID',
      `${file.path} is ${made}, and the .changes that names it is of ${changes.source} ${changes.version}`,
    );
  }
  return found;
}

/** File names have no epoch: dpkg-name(1). */
function withoutEpoch(version: string): string {
  return version.slice(version.indexOf(':') + 1);
}

function sha256Of(file: ListedFile): string {
  const found = file.checksums.find(({ algorithm }) => algorithm === 'sha256');
  if (found === undefined) throw new Error(`the sha256 of ${file.name} was not computed`);
  return found.value;
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
