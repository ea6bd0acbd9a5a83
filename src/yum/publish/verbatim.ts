import { shortened } from '../../core/counts.ts';
import { MirrorError } from '../../core/errors.ts';
import { safeRelativePath } from '../../core/paths.ts';
import type { PublishContext, PublishedTree } from '../../family/family.ts';
import { describeSupplement, unpacked } from '../../family/supplement-content.ts';
import type { StoredPackage, Supplement } from '../../store/catalogue.ts';
import type { Permanence } from '../../store/generations.ts';
import { labelOf } from '../candidate.ts';
import { packageElements } from '../format/repodata/package-elements.ts';
import { createPrimaryReader, type PrimaryPackage } from '../format/repodata/primary.ts';
import type { Repomd } from '../format/repodata/repomd.ts';
import { REPOMD, REPOMD_KEY, REPOMD_SIGNATURE } from '../format/repository/repository-paths.ts';
import { formatEvr } from '../format/version.ts';
import { linkInstaller } from './installer.ts';
import { readServedRepomd, type ServedDocuments } from './verbatim-repomd.ts';

/** The kind of an upstream's repomd.xml and what lies beside it. */
const DOCUMENT = 'release';
/** The kind of what repomd.xml names. */
const INDEX = 'index';
/** What clients cannot do without. */
const NEEDED: ReadonlySet<string> = new Set(['primary', 'filelists', 'other', 'modules']);
/** Missing packages that an error names. */
const MISSING_SHOWN = 5;

/**
 * Publishes one whole mirror as its upstream has it: the same repomd.xml with its signature, every file that it names, and every package where primary
 * says that it is. Clients check the upstream's own signature, with its keys. Warns of what they will not take.
 * Errors: CONFIG_INVALID when it is not one mirror that was synced for this, METADATA_INCOMPLETE when packages or files that the metadata
 * names are not there, METADATA_INVALID, PATH_UNSAFE, PACKAGE_CONFLICT, BLOB_*.
 */
export async function publishVerbatim(context: PublishContext): Promise<PublishedTree> {
  const { components, name, writer } = context;
  const supplements = components.flatMap((component) => component.supplements);
  const documents = documentsOf(name, supplements);
  const { repomd, publicKey, signedBy } = await readServedRepomd(context, documents);
  for (const [path, { sha256, size }] of documents) writer.link(path, { sha256, size }, 'current');
  const indexes = indexesOf(name, supplements, repomd);
  for (const [path, { permanence, supplement }] of indexes) {
    if (documents.has(path))
      throw new MirrorError('PATH_UNSAFE', `publication "${name}": the upstream's metadata names ${path} as a part of itself`);
    writer.link(path, { sha256: supplement.sha256, size: supplement.size }, permanence);
  }
  const packages = components.flatMap((component) => component.packages);
  await linkPackages(context, packages, primaryOf(indexes, repomd));
  const tree = supplements.findLast(({ kind }) => kind === 'treeinfo');
  if (tree !== undefined) {
    writer.link(safeRelativePath(tree.path, describeSupplement(tree)), { sha256: tree.sha256, size: tree.size }, 'current');
    linkInstaller(context, supplements, tree);
  }
  return {
    components: components.map((component) => component.name),
    architectures: [...new Set(packages.map((entry) => entry.architecture))].sort(),
    signedBy,
    publicKey,
  };
}

function documentsOf(name: string, supplements: readonly Supplement[]): ServedDocuments {
  const mirrors = [...new Set(supplements.map(({ mirror }) => mirror))];
  if (mirrors.length > 1) {
    throw new MirrorError(
      'CONFIG_INVALID',
      `publication "${name}" has metadata of ${mirrors.join(' and ')}, of which only one can be published as it is`,
      { hint: 'Publish each with `metadata: verbatim`, or all together with `metadata: regenerate`.' },
    );
  }
  const documents = new Map(supplements.filter(({ kind }) => kind === DOCUMENT).map((document) => [document.path, document]));
  if (documents.has(REPOMD)) {
    for (const path of documents.keys()) {
      if (path === REPOMD || path === REPOMD_SIGNATURE || path === REPOMD_KEY) continue;
      throw new MirrorError('BLOB_CORRUPT', `publication "${name}": the stored metadata of the mirror has ${path} beside its ${REPOMD}`);
    }
    return documents;
  }
  throw new MirrorError(
    'CONFIG_INVALID',
    `publication "${name}": what it is made from does not have the metadata of an upstream as it was served`,
    {
      hint: 'Sync the mirror again; a repo, and a snapshot of anything but one whole mirror, cannot be published with `metadata: verbatim`.',
    },
  );
}

/** A file that repomd.xml names. Under a name that has its checksum in it there will never be another one. */
interface ServedIndex {
  readonly supplement: Supplement;
  readonly permanence: Permanence;
}

/** The files that repomd.xml names, by path. One that the upstream does not have itself is not there, unless clients cannot do without it. */
function indexesOf(name: string, supplements: readonly Supplement[], repomd: Repomd): Map<string, ServedIndex> {
  const found = new Map<string, Supplement>();
  for (const supplement of supplements) {
    if (supplement.kind === INDEX) found.set(safeRelativePath(supplement.path, describeSupplement(supplement)), supplement);
  }
  const indexes = new Map<string, ServedIndex>();
  for (const { type, path } of repomd.records) {
    const supplement = found.get(path);
    if (supplement !== undefined) indexes.set(path, { supplement, permanence: path.includes(supplement.sha256) ? 'fixed' : 'current' });
    else if (NEEDED.has(type)) {
      throw new MirrorError('METADATA_INCOMPLETE', `publication "${name}": the upstream's ${path} was not kept`, {
        hint: 'Sync the mirror again.',
      });
    }
  }
  return indexes;
}

function primaryOf(indexes: ReadonlyMap<string, ServedIndex>, { records }: Repomd): Supplement {
  const primary = indexes.get(records.find(({ type }) => type === 'primary')?.path ?? '');
  if (primary !== undefined) return primary.supplement;
  throw new MirrorError('METADATA_INCOMPLETE', "the upstream's repomd.xml names no primary, the list of packages");
}

/** Links packages where primary says that they are, which may be several places for one. */
async function linkPackages(context: PublishContext, packages: readonly StoredPackage[], primary: Supplement): Promise<void> {
  const { writer } = context;
  const what = describeSupplement(primary);
  const byLocation = new Map<string, StoredPackage>();
  for (const stored of packages) {
    byLocation.set(stored.location, stored);
    writer.link(stored.location, { sha256: stored.sha256, size: stored.size });
  }
  const read = createPrimaryReader(what);
  const byChecksum = new Map(packages.map((stored) => [stored.sha256, stored]));
  const elsewhere: { readonly label: string; readonly location: string; readonly checksum: string }[] = [];
  for await (const element of packageElements(unpacked(context, primary), 'metadata', what)) {
    const listed = read(element);
    if (listed === undefined) continue;
    const location = safeRelativePath(listed.location, what);
    const stored = byLocation.get(location);
    if (stored !== undefined && isSame(listed, stored)) byChecksum.set(listed.checksum.value, stored);
    else elsewhere.push({ label: labelOf({ ...listed, version: formatEvr(listed) }), location, checksum: listed.checksum.value });
  }
  const missing: string[] = [];
  for (const { label, location, checksum } of elsewhere) {
    const stored = byChecksum.get(checksum);
    if (stored === undefined) missing.push(label);
    else writer.link(location, { sha256: stored.sha256, size: stored.size });
  }
  if (missing.length === 0) return;
  throw new MirrorError(
    'METADATA_INCOMPLETE',
    `publication "${context.name}": the upstream's metadata lists ${shortened(missing, MISSING_SHOWN)}, which what it is made from does not have`,
    { hint: 'Only a whole mirror can be published with `metadata: verbatim`: no filter, and no snapshot that was filtered or merged.' },
  );
}

/** Whether what is stored is what is listed there, and not another package that was there at another time. */
function isSame(listed: PrimaryPackage, stored: StoredPackage): boolean {
  if (listed.name !== stored.name || listed.architecture !== stored.architecture || formatEvr(listed) !== stored.version) return false;
  return listed.checksum.algorithm === 'sha256' ? listed.checksum.value === stored.sha256 : listed.size === stored.size;
}
