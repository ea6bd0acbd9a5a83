import { renameSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Blob } from './blobs.ts';
import { makeDirectoriesDurable, makeFilesDurable } from './durability.ts';
import { storageError } from './storage-errors.ts';

/**
 * A batch is flushed by itself when it has more files, more bytes, or is older (milliseconds): a machine that loses its power then loses little
 * work. (A killed run loses nothing: what it completed is taken up from `tmp`.)
 */
const BATCH = { files: 4000, bytes: 256 * 1024 * 1024, age: 2000 } as const;
/** How many files are renamed before other work gets a turn. */
const RENAMES_A_TURN = 256;

export interface CompletedFile {
  readonly path: string;
  readonly blob: Blob;
  /** Told when the file is a durable blob. Must not throw. */
  readonly durable?: (() => void) | undefined;
}

/** Where a pool keeps its files. */
export interface PoolPaths {
  /** Holds the shards. */
  readonly root: string;
  shard(sha256: string): string;
  blob(sha256: string): string;
}

/** Files on their way from `tmp` into the pool, many at a time. */
export interface Batches {
  /** Takes over a complete file, and starts a flush when the batch has grown large. Throws what any flush before threw. */
  add(file: CompletedFile): Promise<void>;
  /** Makes everything added durable and moves it. Throws STORAGE and STORAGE_FULL, from then on at every call. */
  flush(): Promise<void>;
  /** Waits for what is under way; never throws. */
  settled(): Promise<void>;
}

/**
 * @param directory where the files are.
 * @param moved is told the paths that have become free.
 */
export function createBatches(directory: string, pool: PoolPaths, moved: (path: string) => void): Batches {
  let batch: CompletedFile[] = [];
  let batchBytes = 0;
  let batchSince = 0;
  let failure: unknown;
  let flushing: Promise<void> | undefined;

  /** Moves the batch, after the one that is on its way. */
  const startFlush = (): Promise<void> => {
    const files = batch;
    const before = flushing;
    batch = [];
    batchBytes = 0;
    const running = (async () => {
      await before;
      if (failure !== undefined || files.length === 0) return;
      try {
        await moveFiles(files, directory, pool);
        for (const { path, durable } of files) {
          moved(path);
          durable?.();
        }
      } catch (error) {
        failure = error;
      }
    })();
    flushing = running;
    return running;
  };

  return {
    async add(file) {
      if (batch.length === 0) batchSince = performance.now();
      batch.push(file);
      batchBytes += file.blob.size;
      const large = batch.length >= BATCH.files || batchBytes >= BATCH.bytes;
      if (large || performance.now() - batchSince >= BATCH.age) {
        // The work goes on while one batch is being flushed, but no faster than the disk takes it.
        const before = flushing;
        void startFlush();
        await before;
      }
      if (failure !== undefined) throw failure;
    },
    async flush() {
      await startFlush();
      if (failure !== undefined) throw failure;
    },
    async settled() {
      await flushing;
    },
  };
}

/**
 * Makes files durable and moves them into the pool, in the order that keeps it whole at every instant: content durable, then the names, then the
 * directories durable. Throws STORAGE and STORAGE_FULL; some of the files may be in the pool then.
 * @param directory where the files are.
 */
export async function moveFiles(files: readonly Pick<CompletedFile, 'path' | 'blob'>[], directory: string, pool: PoolPaths): Promise<void> {
  const shards = new Set<string>();
  await makeFilesDurable(
    directory,
    files.map((file) => file.path),
  );
  for (const [index, { path, blob }] of files.entries()) {
    const target = pool.blob(blob.sha256);
    try {
      renameSync(path, target);
    } catch (error) {
      throw storageError(error, `move ${path} to ${target}`);
    }
    shards.add(pool.shard(blob.sha256));
    if (index % RENAMES_A_TURN === RENAMES_A_TURN - 1) await nextTurn();
  }
  await makeDirectoriesDurable(pool.root, [...shards]);
}
