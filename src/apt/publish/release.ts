import { parseDuration } from '../../core/duration.ts';
import type { PublishContext } from '../../family/family.ts';
import type { ReleaseNames } from '../../store/catalogue.ts';
import { formatComponentRelease, formatRelease, type ListedFile } from '../format/release-text.ts';

/** How a published archive calls itself. */
export interface ArchiveNames extends ReleaseNames {
  readonly origin: string;
  readonly label: string;
  readonly suite: string;
  readonly codename: string;
}

/** The names of the configuration; what it does not name is called as the publication or the distribution is. */
export function archiveNames({ name, config }: PublishContext, distribution: string): ArchiveNames {
  return {
    origin: config.origin ?? name,
    label: config.label ?? name,
    suite: config.suite ?? distribution,
    codename: config.codename ?? distribution,
  };
}

/** A directory of indexes. */
export interface IndexDirectory {
  /** Relative to the Release file: `main/binary-amd64`. */
  readonly path: string;
  readonly component: string;
  /** Or `source`. */
  readonly architecture: string;
}

/** Writes the Release that stands beside an index, which is a function of the configuration alone. */
export async function writeComponentRelease(
  context: PublishContext,
  { root, names }: { readonly root: string; readonly names: ArchiveNames },
  directory: IndexDirectory,
): Promise<ListedFile> {
  const { version, notAutomatic, butAutomaticUpgrades } = context.config;
  const { component, architecture } = directory;
  const text = formatComponentRelease({ ...names, version, notAutomatic, butAutomaticUpgrades, component, architecture });
  const path = `${directory.path}/Release`;
  const blob = await context.writer.write(
    ({ sha256 }) => [
      { path: `${root}/${path}`, permanence: 'current' },
      { path: `${root}/${directory.path}/by-hash/SHA256/${sha256}`, permanence: 'fixed' },
    ],
    Buffer.from(text),
  );
  return { path, ...blob };
}

export interface ReleaseParts {
  /** The directory of the Release file, relative to the root of the publication. */
  readonly root: string;
  readonly names: ArchiveNames;
  readonly architectures: readonly string[];
  readonly components: readonly string[];
  readonly files: readonly ListedFile[];
}

/** Writes Release, and where there is a signer Release.gpg and InRelease, all dated by the publication's time. */
export async function writeRelease(context: PublishContext, { root, names, ...parts }: ReleaseParts): Promise<void> {
  const { config, signer, time, writer } = context;
  const text = formatRelease({
    ...names,
    ...parts,
    version: config.version,
    date: time,
    validUntil: config.validFor === undefined ? undefined : new Date(time.getTime() + parseDuration(config.validFor)),
    notAutomatic: config.notAutomatic,
    butAutomaticUpgrades: config.butAutomaticUpgrades,
    signedBy: acceptedKeys(context),
    description: config.description ?? `${context.name}, published by mirror`,
  });
  const write = (name: string, content: string) => writer.write([{ path: `${root}/${name}`, permanence: 'current' }], Buffer.from(content));
  await write('Release', text);
  if (signer === undefined) return;
  await write('Release.gpg', await signer.signDetached(Buffer.from(text), time));
  await write('InRelease', await signer.signCleartext(text, time));
}

/** The keys that clients are to accept from the next Release on. Warns where they do not include the one that signs. */
function acceptedKeys({ name, config, signer, report }: PublishContext): string[] | undefined {
  if (config.signedBy === undefined) return undefined;
  const own = signer?.fingerprint;
  const keys = config.signedBy.map((key) => (key === 'own' ? (own ?? '') : key.toUpperCase())).filter((key) => key !== '');
  if (own !== undefined && !keys.some((key) => key.replace('!', '') === own)) {
    const message = `signedBy does not name the key ${own} that signs it: clients will refuse whatever it signs from now on`;
    report({ type: 'warning', subject: name, message });
  }
  return keys.length === 0 ? undefined : [...new Set(keys)];
}
