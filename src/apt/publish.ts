import { gzip, xz } from '../codec/compress.ts';
import { MirrorError } from '../core/errors.ts';
import { safeRelativePath } from '../core/paths.ts';
import type { PublishContext, PublishedTree } from '../family/family.ts';
import { debianArchitecture } from './format/architecture.ts';
import { packagesText } from './format/packages-text.ts';
import { formatRelease, type ListedFile } from './format/release-text.ts';
import { type PlacedPackage, placePackages } from './pool-layout.ts';

/**
 * Writes an archive that any apt reads: pool/, and under dists/<distribution>/ for each component and architecture Packages, .gz and
 * .xz, each also by hash, with Release, InRelease and Release.gpg (only Release where there is no signer). Packages for all architectures are listed
 * with each architecture, and `all` is not one of them. The architectures are those of the packages; where all are
 * for every architecture, that of this machine. The distribution is by default named as the publication.
 * Errors: PACKAGE_CONFLICT, PATH_UNSAFE, CONFIG_INVALID, ABORTED, and those of writing and signing.
 */
export async function publishTree(context: PublishContext): Promise<PublishedTree> {
  const distribution = safeRelativePath(context.config.distribution ?? context.name, `publication ${context.name}`);
  const root = `dists/${distribution}`;
  const architectures = architecturesOf(context);
  const files: ListedFile[] = [];
  for (const component of context.components) {
    const placed = placePackages({ ...component, name: safeRelativePath(component.name, `publication ${context.name}`) });
    for (const { stored, path } of placed) context.writer.link(path, { sha256: stored.sha256, size: stored.size });
    for (const architecture of architectures) {
      if (context.signal.aborted) throw new MirrorError('ABORTED', `publishing ${context.name} was interrupted`);
      const listed = placed.filter(({ stored }) => stored.architecture === architecture || stored.architecture === 'all');
      files.push(...(await writeIndex(context, root, `${component.name}/binary-${architecture}`, listed)));
    }
  }
  const components = context.components.map((component) => component.name);
  await writeRelease(context, root, releaseText(context, { distribution, architectures, components, files }));
  return { distribution, components, architectures };
}

function architecturesOf(context: PublishContext): string[] {
  const found = new Set<string>();
  for (const { packages } of context.components) for (const { architecture } of packages) found.add(architecture);
  found.delete('all');
  return found.size === 0 ? [debianArchitecture(process.arch)] : [...found].sort();
}

/** Writes one Packages index in its three forms; gives them with their paths relative to the Release file. */
async function writeIndex(
  context: PublishContext,
  root: string,
  directory: string,
  listed: readonly PlacedPackage[],
): Promise<ListedFile[]> {
  const plain = packagesText(
    listed.map(({ stored, path }) => ({ stanza: stored.record, filename: path, size: stored.size, sha256: stored.sha256 })),
  );
  const [gz, xzPacked] = await Promise.all([gzip(plain), xz(plain)]);
  const forms: readonly (readonly [string, Buffer])[] = [
    ['Packages', plain],
    ['Packages.gz', gz],
    ['Packages.xz', xzPacked],
  ];
  const files: ListedFile[] = [];
  for (const [name, bytes] of forms) {
    const blob = await context.writer.write(
      ({ sha256 }) => [
        { path: `${root}/${directory}/${name}`, permanence: 'current' },
        { path: `${root}/${directory}/by-hash/SHA256/${sha256}`, permanence: 'fixed' },
      ],
      bytes,
    );
    files.push({ path: `${directory}/${name}`, ...blob });
  }
  return files;
}

interface ReleaseParts {
  readonly distribution: string;
  readonly architectures: readonly string[];
  readonly components: readonly string[];
  readonly files: readonly ListedFile[];
}

function releaseText(context: PublishContext, { distribution, ...parts }: ReleaseParts): string {
  return formatRelease({
    ...parts,
    origin: context.config.origin ?? context.name,
    label: context.config.label ?? context.name,
    suite: distribution,
    codename: distribution,
    date: context.time,
    description: `${context.name}, published by mirror`,
  });
}

async function writeRelease(context: PublishContext, root: string, text: string): Promise<void> {
  const write = (name: string, content: string) =>
    context.writer.write([{ path: `${root}/${name}`, permanence: 'current' }], Buffer.from(content));
  await write('Release', text);
  if (context.signer === undefined) return;
  await write('Release.gpg', await context.signer.signDetached(Buffer.from(text), context.time));
  await write('InRelease', await context.signer.signCleartext(text, context.time));
}
