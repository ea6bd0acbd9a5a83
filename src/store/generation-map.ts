import type { BlockCache } from '../codec/block-cache.ts';
import { MirrorError } from '../core/errors.ts';
import { compareBytes } from '../core/order.ts';
import { safeRelativePath } from '../core/paths.ts';
import type { Blob, BlobStore, Intake } from './blobs.ts';
import { decodeGeneration, encodeGeneration, readGeneration, sortEntries } from './generation-format.ts';
import type { Permanence, TreeEntry, TreeWriter } from './generations.ts';

/** Most bytes of a stored map: 60,000 entries take 5 MiB. */
const MAX_MAP = 512 * 1024 * 1024;

/** The map of a generation from the pool, by path. Throws BLOB_MISSING and BLOB_CORRUPT. */
export async function loadGeneration(blobs: BlobStore, digest: string): Promise<Map<string, TreeEntry>> {
  return await decodeGeneration(await blobs.readWhole(digest, MAX_MAP));
}

/** The entries of a generation, sorted by the bytes of the path, which are not all held. */
export interface StoredEntries extends Iterable<TreeEntry> {
  /** Looks through them: for a few paths. */
  get(path: string): TreeEntry | undefined;
}

/** A generation from the pool, to be gone through in little memory. Throws BLOB_MISSING and BLOB_CORRUPT, the latter also later. */
export async function readEntries(blobs: BlobStore, digest: string): Promise<StoredEntries> {
  const entries = await readGeneration(await blobs.readWhole(digest, MAX_MAP));
  return {
    [Symbol.iterator]: () => entries[Symbol.iterator](),
    get(path) {
      for (const entry of entries) if (entry.path === path) return entry;
      return undefined;
    },
  };
}

export interface TreeOptions {
  readonly intake: Intake;
  /** The current generation, sorted by the bytes of the path: what is the same in it keeps its date. Gone through more than once. */
  readonly previous: Iterable<TreeEntry> | undefined;
  /** Last-Modified of what is new. */
  readonly time: Date;
  readonly packedBlocks?: BlockCache<Blob> | undefined;
}

/** A repository tree that is being written. */
export interface Tree extends TreeWriter {
  /** What was written so far, sorted by the bytes of the path. */
  entries(): TreeEntry[];
  /** Stores the map, and makes it and everything written durable. The blob is the generation's digest. */
  finish(): Promise<Blob>;
}

/**
 * Collects the paths of a generation. Publishing a path twice with other content is PACKAGE_CONFLICT; an unsafe path is PATH_UNSAFE.
 * A path under which the same content is both fixed and current is current.
 */
export function createTree(options: TreeOptions): Tree {
  const { intake, previous = [] } = options;
  const now = Math.floor(options.time.getTime() / 1000);
  const entries = new Map<string, Undated>();

  const put = (path: string, blob: Blob, permanence: Permanence): void => {
    checkCanonical(path);
    const present = entries.get(path);
    if (present === undefined) {
      entries.set(path, { path, blob: { sha256: blob.sha256, size: blob.size }, permanence });
    } else if (present.blob.sha256 !== blob.sha256) {
      throw new MirrorError(
        'PACKAGE_CONFLICT',
        `two different files would be published as ${path}: sha256 ${present.blob.sha256} and sha256 ${blob.sha256}`,
        { hint: 'Publish the sources that have them separately, or merge with `merge: replace` or `merge: latest`.' },
      );
    } else if (present.permanence === 'fixed' && permanence === 'current') {
      entries.set(path, { ...present, permanence });
    }
  };
  const sorted = (): TreeEntry[] => [...dated(sortEntries(entries.values()), previous, now)];

  return {
    packedBlocks: options.packedBlocks,
    link: (path, blob, permanence = 'fixed') => put(path, blob, permanence),
    async write(paths, bytes) {
      const blob = await intake.add(bytes);
      for (const { path, permanence } of typeof paths === 'function' ? paths(blob) : paths) put(path, blob, permanence);
      return blob;
    },
    entries: sorted,
    async finish() {
      const blob = await intake.add(await encodeGeneration(sorted()));
      await intake.flush();
      return blob;
    },
  };
}

type Undated = Omit<TreeEntry, 'modified'>;

/** Both sides sorted by the bytes of the path. */
function* dated(entries: Iterable<Undated>, previous: Iterable<TreeEntry>, now: number): Generator<TreeEntry> {
  const earlier = previous[Symbol.iterator]();
  let before = earlier.next().value;
  for (const { path, blob, permanence } of entries) {
    while (before !== undefined && before.path !== path && compareBytes(before.path, path) < 0) before = earlier.next().value;
    const same = before !== undefined && before.path === path && before.blob.sha256 === blob.sha256;
    yield { path, blob, modified: same ? before.modified : now, permanence };
  }
}

function checkCanonical(path: string): void {
  const canonical = safeRelativePath(path, 'the published tree');
  if (canonical === path && path.isWellFormed()) return;
  throw new MirrorError('PATH_UNSAFE', `the published tree names the path "${path}", which is not canonical`);
}
