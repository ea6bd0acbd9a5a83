import { posix } from 'node:path';
import { compressionOf } from '../../codec/compression.ts';
import { shortened } from '../../core/counts.ts';
import { MirrorError } from '../../core/errors.ts';
import { safeRelativePath } from '../../core/paths.ts';
import type { PublishContext, PublishedTree } from '../../family/family.ts';
import { describeSupplement, unpacked } from '../../family/supplement-content.ts';
import type { StoredPackage, Supplement } from '../../store/catalogue.ts';
import { labelOf } from '../candidate.ts';
import { SOURCE } from '../format/architecture.ts';
import { byHashPath } from '../format/by-hash.ts';
import { readStanzas } from '../format/deb822.ts';
import type { Release } from '../format/release.ts';
import { pickFields } from '../format/stanza.ts';
import { releaseDirectory } from '../urls.ts';
import { plainName } from './supplement-file.ts';
import { readServedRelease, type ServedDocuments } from './verbatim-release.ts';

/** The kind of an upstream's signed documents. */
const DOCUMENT = 'release';
/** The kind of what are forms of indexes, under the names that the Release gives them. */
const INDEX = 'index';
/** Missing packages that an error names. */
const MISSING_SHOWN = 5;

/**
 * Publishes one whole mirror as its upstream has it: the same signed documents and indexes under the same paths, and every package where the indexes
 * say that it is. Clients check the upstream's own signature, with its keys. Warns of what they will not take.
 * Errors: CONFIG_INVALID when it is not one mirror that was synced for this, METADATA_INCOMPLETE when packages that the indexes
 * list are not there, SIGNATURE_INVALID, METADATA_INVALID, PATH_UNSAFE, BLOB_*.
 */
export async function publishVerbatim(context: PublishContext): Promise<PublishedTree> {
  const { name, config, writer } = context;
  const suite = config.distribution ?? name;
  const directory = releaseDirectory(name, suite);
  const supplements = context.components.flatMap((component) => component.supplements);
  const documents = documentsOf(context, supplements);
  const served = await readServedRelease(context, { documents, directory });
  for (const [document, { sha256, size }] of documents) writer.link(`${directory}${document}`, { sha256, size }, 'current');
  const files = supplements.filter(({ kind }) => kind !== DOCUMENT);
  for (const supplement of files) linkIndex(context, directory, { supplement, release: served.release });
  await linkPackages(context, files);
  const { origin, label, suite: suiteName, codename } = served.release;
  return {
    distribution: suite,
    release: { origin, label, suite: suiteName, codename },
    ...placesOf(context, files),
    signedBy: served.signedBy,
    publicKey: served.publicKey,
  };
}

function documentsOf({ name }: PublishContext, supplements: readonly Supplement[]): ServedDocuments {
  const documents = supplements.filter(({ kind }) => kind === DOCUMENT);
  const mirrors = [...new Set(supplements.map(({ mirror }) => mirror))];
  if (mirrors.length > 1) {
    throw new MirrorError(
      'CONFIG_INVALID',
      `publication "${name}" has metadata of ${mirrors.join(' and ')}, of which only one can be published as it is`,
      {
        hint: 'Publish each with `metadata: verbatim`, or all together with `metadata: regenerate`.',
      },
    );
  }
  const found = new Map(documents.map((document) => [posix.basename(document.path), document]));
  const hasIndexes = supplements.some(({ kind }) => kind === INDEX);
  if (hasIndexes && (found.has('InRelease') || found.has('Release'))) return found;
  throw new MirrorError(
    'CONFIG_INVALID',
    `publication "${name}": what it is made from does not have the metadata of an upstream as it was served`,
    {
      hint: 'Sync the mirror again; a repo, and a snapshot of anything but one whole mirror, cannot be published with `metadata: verbatim`.',
    },
  );
}

/** Under its own name and, where the upstream has that, by hash. */
function linkIndex(
  { writer, name }: PublishContext,
  directory: string,
  { supplement, release }: { readonly supplement: Supplement; readonly release: Release },
): void {
  const { sha256, size } = supplement;
  const path = safeRelativePath(supplement.path, `publication ${name}`);
  writer.link(`${directory}${path}`, { sha256, size }, 'current');
  if (!release.acquireByHash) return;
  for (const checksum of release.files.get(path)?.checksums ?? []) {
    const byHash = byHashPath(path, checksum);
    if (byHash !== undefined) writer.link(`${directory}${byHash}`, { sha256, size });
  }
}

/** Links packages where the upstream's indexes say that they are, which may be several places for one. */
async function linkPackages(context: PublishContext, files: readonly Supplement[]): Promise<void> {
  const { writer } = context;
  const stored = context.components.flatMap((component) => component.packages);
  const byLabel = new Map(stored.map((one) => [labelOf(one), one]));
  const architectures = new Set(stored.map(({ architecture }) => architecture));
  for (const { location, sha256, size, files: further = [] } of stored) {
    writer.link(location, { sha256, size });
    for (const file of further) writer.link(posix.join(posix.dirname(location), file.name), { sha256: file.sha256, size: file.size });
  }
  const missing: string[] = [];
  for (const supplement of packageIndexes(files)) {
    const what = describeSupplement(supplement);
    for await (const stanzas of readStanzas(unpacked(context, supplement), what)) {
      for (const { bytes } of stanzas) {
        const unclear = (field: string): MirrorError => new MirrorError('METADATA_INVALID', `${what} states a ${field} twice`);
        const [name = '', version = '', architecture = '', filename = '', sha256] = pickFields(
          bytes,
          ['Package', 'Version', 'Architecture', 'Filename', 'SHA256'],
          unclear,
        );
        const label = labelOf({ name, version, architecture });
        const found = byLabel.get(label);
        if (found !== undefined) linkAlias(context, found, { filename, sha256 });
        else if (architectures.has(architecture)) missing.push(label);
      }
    }
  }
  if (missing.length === 0) return;
  throw new MirrorError(
    'METADATA_INCOMPLETE',
    `publication "${context.name}": the upstream's indexes list ${shortened(missing, MISSING_SHOWN)}, which what it is made from does not have`,
    { hint: 'Only a whole mirror can be published with `metadata: verbatim`: no filter, and no snapshot that was filtered or merged.' },
  );
}

/** Of two different files of one name, version and architecture only one is mirrored. */
function linkAlias(
  { name, writer }: PublishContext,
  { location, sha256, size }: StoredPackage,
  listed: { filename: string; sha256?: string | undefined },
): void {
  if (listed.filename === '' || (listed.sha256 ?? sha256) !== sha256) return;
  const path = safeRelativePath(listed.filename, `publication ${name}`);
  if (path !== location) writer.link(path, { sha256, size });
}

/** One form of each Packages index. */
function packageIndexes(files: readonly Supplement[]): Supplement[] {
  const found = new Map<string, Supplement>();
  for (const supplement of files) {
    if (supplement.kind !== INDEX || plainName(supplement) !== 'Packages') continue;
    const plain = posix.join(posix.dirname(supplement.path), 'Packages');
    const known = found.get(plain);
    if (known === undefined || compressionOf(known.path) === 'none') found.set(plain, supplement);
  }
  return [...found.values()];
}

/** What clients can ask for: the components and architectures whose indexes are there. A flat repository has no components. */
function placesOf({ components }: PublishContext, files: readonly Supplement[]): Pick<PublishedTree, 'components' | 'architectures'> {
  const names = new Set<string>();
  const architectures = new Set<string>();
  let sources = false;
  for (const { kind, path, component = '' } of files) {
    if (kind !== INDEX) continue;
    const [, binary] = /(?:^|\/)binary-([a-z0-9-]+)\/Packages(?:\.[a-z0-9]+)?$/.exec(path) ?? [];
    const isSource = /(?:^|\/)Sources(?:\.[a-z0-9]+)?$/.test(path);
    if (binary === undefined && !isSource) continue;
    if (component !== '') names.add(component);
    if (binary !== undefined) architectures.add(binary);
    sources ||= isSource;
  }
  if (architectures.size === 0)
    for (const { packages } of components) for (const { architecture } of packages) architectures.add(architecture);
  architectures.delete('all');
  architectures.delete(SOURCE);
  return { components: [...names], architectures: [...[...architectures].sort(), ...(sources ? [SOURCE] : [])] };
}
