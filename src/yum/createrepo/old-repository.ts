import { hash } from 'node:crypto';
import { closeSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { MirrorError, reasonOf } from '../../core/errors.ts';
import { systemCode } from '../../store/storage-errors.ts';
import { documentFoot, documentHead } from '../format/repodata/document-frame.ts';
import { DOCUMENT_ROOTS, DOCUMENTS, type PerDocument, perDocument } from '../format/repodata/package-documents.ts';
import { parseRepomd, type Repomd, type RepomdRecord } from '../format/repodata/repomd.ts';
import type { PackageCache } from './cache.ts';
import type { Crew } from './crew.ts';
import { blocksOfGzip, inflateBlock } from './old-blocks.ts';
import { openRegularFile } from './regular-file.ts';
import type { Job, OldEntry, OldSegment } from './segment.ts';

/** A segment of documents that are there already, with its packages. */
export interface KnownSegment extends OldSegment {
  readonly entries: readonly OldEntry[];
}

/** The repomd.xml that is in a directory; undefined when there is none. METADATA_INVALID when it is none. */
export function readRepomd(outputDirectory: string): Repomd | undefined {
  const path = join(outputDirectory, 'repodata', 'repomd.xml');
  let descriptor: number;
  try {
    ({ descriptor } = openRegularFile(path));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return parseRepomd(readFileSync(descriptor), path);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * What the metadata that is in a directory says of packages. Files that this program wrote are taken as they are, in blocks, after a look at their
 * layout; of others each element is checked. Throws METADATA_INVALID, CHECKSUM_MISMATCH, DECOMPRESS_* and the system's errors for metadata that cannot be used.
 */
export async function readKnownSegments(
  outputDirectory: string,
  repomd: Repomd,
  { cache, crew }: { readonly cache: PackageCache | undefined; readonly crew: Crew },
): Promise<KnownSegment[]> {
  const records = perDocument((index) => documentRecord(repomd, index));
  const files = perDocument((index) => readChecked(outputDirectory, records[index]));
  const blocks = ownBlocks(files);
  const own = blocks === undefined ? undefined : (cachedSegments(blocks, cache) ?? (await scannedSegments(blocks, crew)));
  if (own !== undefined) return own;
  const { foreignSegments } = await import('./foreign-documents.ts');
  return await foreignSegments(perDocument((index) => ({ bytes: files[index], path: records[index].path })));
}

function documentRecord({ records }: Repomd, index: 0 | 1 | 2): RepomdRecord {
  const found = records.filter(({ type, base }) => type === DOCUMENTS[index] && base === undefined);
  const [record] = found;
  if (record === undefined || found.length > 1) {
    throw new MirrorError(
      'METADATA_INVALID',
      `repomd.xml names ${found.length} files of type ${DOCUMENTS[index]} in this repository, not one`,
    );
  }
  return record;
}

/** The file in memory that threads share, after a look at its checksum. */
function readChecked(directory: string, { path, checksum }: RepomdRecord): Buffer {
  const { descriptor, stat } = openRegularFile(join(directory, path));
  try {
    const bytes = Buffer.from(new SharedArrayBuffer(stat.size));
    for (let at = 0; at < bytes.length; ) {
      const length = readSync(descriptor, bytes, at, bytes.length - at, at);
      if (length === 0) throw new MirrorError('METADATA_INVALID', `${path} became shorter while it was read`);
      at += length;
    }
    if (hash(checksum.algorithm, bytes) !== checksum.value) {
      throw new MirrorError('CHECKSUM_MISMATCH', `${path} does not have the ${checksum.algorithm} checksum that repomd.xml states`);
    }
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

/** Documents that seem to be this program's. */
interface OwnBlocks {
  /** How many packages they say that they list. */
  readonly count: number;
  readonly packed: readonly PerDocument<Uint8Array>[];
}

/** Undefined when the files were not written by this program, or not in the same run. */
function ownBlocks(files: PerDocument<Buffer>): OwnBlocks | undefined {
  const blocks = perDocument((index) => blocksOfGzip(files[index]) ?? []);
  const [{ length }] = blocks;
  if (length < 2 || blocks.some((other) => other.length !== length)) return undefined;
  const counts = perDocument((index) => framedCount(blocks[index], index));
  const [count] = counts;
  if (count === undefined || counts.some((other) => other !== count)) return undefined;
  const packed = Array.from({ length: length - 2 }, (_, at) => perDocument((index) => blocks[index][at + 1] ?? new Uint8Array()));
  return { count, packed };
}

/** Undefined when the cache is of other blocks. */
function cachedSegments({ count, packed }: OwnBlocks, cache: PackageCache | undefined): KnownSegment[] | undefined {
  if (cache === undefined || cache.entries.length !== count || cache.counts.length !== packed.length) return undefined;
  let at = 0;
  const segments = packed.map((triple, index): KnownSegment => {
    const start = at;
    at += cache.counts[index] ?? 0;
    return { packed: triple, starts: undefined, entries: cache.entries.slice(start, at) };
  });
  return at === count ? segments : undefined;
}

/** Undefined when the blocks are not laid out as this program does it. */
async function scannedSegments({ count, packed }: OwnBlocks, crew: Crew): Promise<KnownSegment[] | undefined> {
  const segments: KnownSegment[] = [];
  try {
    for await (const result of crew.run(packed.map((triple): Job => ({ kind: 'scan', packed: triple })))) {
      if (result.kind !== 'scanned') return undefined;
      segments.push({ packed: packed[segments.length] ?? packedNothing, starts: result.starts, entries: result.entries });
    }
  } catch (error) {
    // A mark that stands in the middle of a block by chance: what is before it unpacks, what is behind it does not.
    if (systemCode(error)?.startsWith('Z_') === true) return undefined;
    throw new Error(`the old metadata could not be looked through: ${reasonOf(error)}`, { cause: error });
  }
  return segments.reduce((sum, { entries }) => sum + entries.length, 0) === count ? segments : undefined;
}

const packedNothing: PerDocument<Uint8Array> = perDocument(() => new Uint8Array());

/** How many packages the first block says that there are; undefined when the first and last block are not as this program writes them. */
function framedCount(blocks: readonly Buffer[], index: 0 | 1 | 2): number | undefined {
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const head = inflateBlock(first).toString('latin1');
  const count = Number(/packages="(\d{1,9})">\n$/.exec(head)?.[1]);
  if (head !== documentHead(DOCUMENT_ROOTS[DOCUMENTS[index]], count)) return undefined;
  return inflateBlock(last).toString('latin1') === documentFoot(DOCUMENT_ROOTS[DOCUMENTS[index]]) ? count : undefined;
}
