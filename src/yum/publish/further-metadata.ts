import type { BlockCompression } from '../../codec/block-formats.ts';
import { compressionOf } from '../../codec/compression.ts';
import { isMirrorError, reasonOf } from '../../core/errors.ts';
import type { PublishContext } from '../../family/family.ts';
import { describeSupplement } from '../../family/supplement-content.ts';
import type { StoredPackage, Supplement } from '../../store/catalogue.ts';
import { combineComps } from '../format/repodata/comps.ts';
import type { CombinedMetadata, MetadataDocument } from '../format/repodata/further-metadata.ts';
import { combineModules } from '../format/repodata/modules.ts';
import { type PublishedPackages, publishedPackages } from '../format/repodata/published-packages.ts';
import type { RepomdRecord } from '../format/repodata/repomd.ts';
import { combineUpdateinfo } from '../format/repodata/updateinfo.ts';
import { EXTENDED_FILELISTS, writeExtendedFilelists } from './extended-filelists.ts';
import { compressionOfMetadata, writeMetadata } from './metadata-file.ts';
import { linkMetadata, unpackedWhole } from './supplement-file.ts';

/** What a type of metadata is made of that names packages. */
interface Combination {
  /** Of the plain file. */
  readonly name: string;
  combine(documents: readonly MetadataDocument[], published: PublishedPackages): CombinedMetadata;
  /** Of one document, which is held in memory: in bytes. Far more than any distribution has. */
  readonly mostUnpacked: number;
  /** Whether packages can be installed without it: a damaged one is left out, then. */
  readonly optional: boolean;
}

const MiB = 1024 * 1024;
const COMBINED: ReadonlyMap<string, Combination> = new Map([
  ['group', { name: 'comps.xml', combine: combineComps, mostUnpacked: 16 * MiB, optional: true }],
  ['updateinfo', { name: 'updateinfo.xml', combine: combineUpdateinfo, mostUnpacked: 256 * MiB, optional: true }],
  ['modules', { name: 'modules.yaml', combine: combineModules, mostUnpacked: 256 * MiB, optional: false }],
]);
/** They name delta packages, which are not mirrored. */
const OF_DELTAS: ReadonlySet<string> = new Set(['prestodelta', 'deltainfo']);
const KIND = 'data/';

/**
 * Publishes what the sources have besides packages: comps, updateinfo, modules and filelists-ext of all of them as one, cut to the packages, and
 * anything else as it is, of the last source that has it. Where that is the same as what one source has, its own file is published. Damaged comps and
 * updateinfo are left out with a warning.
 * Errors: METADATA_INVALID, DECOMPRESS_*, BLOB_*, ABORTED.
 */
export async function writeFurtherMetadata(context: PublishContext, packages: readonly StoredPackage[]): Promise<RepomdRecord[]> {
  const { components, name, report } = context;
  const byType = new Map<string, Supplement[]>();
  for (const supplement of components.flatMap((component) => component.supplements)) {
    if (!supplement.kind.startsWith(KIND)) continue;
    const type = supplement.kind.slice(KIND.length);
    byType.set(type, [...(byType.get(type) ?? []), supplement]);
  }
  const published = byType.size === 0 ? undefined : publishedPackages(packages);
  const records: RepomdRecord[] = [];
  for (const [type, supplements] of byType) {
    const combination = COMBINED.get(type);
    if (OF_DELTAS.has(type)) {
      const message = `the ${type} of ${mirrorsOf(supplements)} is left out: it is about delta packages, which are not mirrored`;
      report({ type: 'info', subject: name, message });
    } else if (combination !== undefined && published !== undefined) {
      records.push(...(await writeCombined(context, { type, combination, supplements, published })));
    } else if (type === EXTENDED_FILELISTS) {
      records.push(...(await writeExtendedFilelists(context, supplements, packages)));
    } else {
      records.push(await passThrough(context, type, supplements));
    }
  }
  return records;
}

function mirrorsOf(supplements: readonly Supplement[]): string {
  return [...new Set(supplements.map(({ mirror }) => mirror))].join(', ');
}

async function passThrough(context: PublishContext, type: string, supplements: readonly Supplement[]): Promise<RepomdRecord> {
  const [first, ...others] = supplements.toReversed();
  if (first === undefined) throw new Error('a type is there because something is of it');
  if (others.some(({ sha256 }) => sha256 !== first.sha256)) {
    const message = `several sources have ${type} metadata, of which clients take one: that of mirror ${first.mirror} is published`;
    context.report({ type: 'warning', subject: context.name, message });
  }
  return await linkMetadata(context, { type, supplement: first });
}

interface CombinedType {
  readonly type: string;
  readonly combination: Combination;
  readonly supplements: readonly Supplement[];
  readonly published: PublishedPackages;
}

async function writeCombined(
  context: PublishContext,
  { type, combination, supplements, published }: CombinedType,
): Promise<RepomdRecord[]> {
  const documents = await readDocuments(context, combination, supplements);
  const { bytes, warnings } = combined(context, combination, { documents: documents.map(({ document }) => document), published });
  for (const message of warnings) context.report({ type: 'warning', subject: context.name, message });
  if (bytes === undefined) return [];
  const whole = documents.find(({ document }) => document.bytes.equals(bytes))?.supplement;
  const records: RepomdRecord[] = [];
  for (const form of formsOf(type, compressionOfMetadata(context))) {
    if (whole !== undefined && compressionOf(whole.path) === form.compression) {
      records.push(await linkMetadata(context, { type: form.type, supplement: whole, plain: bytes }));
    } else {
      records.push(await writeMetadata(context, { ...form, name: combination.name, text: [bytes], separator: '\n' }));
    }
  }
  return records;
}

interface SourceDocument {
  readonly supplement: Supplement;
  readonly document: MetadataDocument;
}

async function readDocuments(
  context: PublishContext,
  combination: Combination,
  supplements: readonly Supplement[],
): Promise<SourceDocument[]> {
  const documents: SourceDocument[] = [];
  for (const supplement of supplements) {
    const what = distinct(
      describeSupplement(supplement),
      documents.map(({ document }) => document),
    );
    try {
      documents.push({ supplement, document: { bytes: await unpackedWhole(context, supplement, combination.mostUnpacked), what } });
    } catch (error) {
      leaveOut(context, combination, { what, error });
    }
  }
  return documents;
}

/** The documents as one. Where that fails, without those that are damaged on their own. */
function combined(
  context: PublishContext,
  combination: Combination,
  { documents, published }: { readonly documents: readonly MetadataDocument[]; readonly published: PublishedPackages },
): CombinedMetadata {
  try {
    return combination.combine(documents, published);
  } catch (error) {
    if (!combination.optional || !isMirrorError(error, 'METADATA_INVALID')) throw error;
  }
  const sound = documents.filter((document) => {
    try {
      combination.combine([document], published);
      return true;
    } catch (error) {
      leaveOut(context, combination, { what: document.what, error });
      return false;
    }
  });
  return combination.combine(sound, published);
}

function leaveOut(
  context: PublishContext,
  { optional }: Combination,
  { what, error }: { readonly what: string; readonly error: unknown },
): void {
  if (!optional || !isMirrorError(error, 'METADATA_INVALID', 'DECOMPRESS_FAILED', 'DECOMPRESS_TOO_LARGE')) throw error;
  context.report({ type: 'warning', subject: context.name, message: `${what} is left out: ${reasonOf(error)}` });
}

/** Two states of one mirror may be among the sources. */
function distinct(what: string, documents: readonly MetadataDocument[]): string {
  const same = documents.filter((document) => document.what.startsWith(what)).length;
  return same === 0 ? what : `${what} (${same + 1})`;
}

/** The yum of EL 6 and 7 takes comps plain, or compressed under a type of its own. */
function formsOf(type: string, compression: BlockCompression): { readonly type: string; readonly compression: BlockCompression }[] {
  if (type !== 'group' || compression !== 'gz') return [{ type, compression }];
  return [
    { type: 'group', compression: 'none' },
    { type: 'group_gz', compression: 'gz' },
  ];
}
