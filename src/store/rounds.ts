import { moveFiles, type PoolPaths } from './batches.ts';
import type { Blob } from './blobs.ts';

/** Files on their way from `tmp` into the pool, each of which somebody waits for. */
export interface Rounds {
  /** Resolves when the file is a durable blob. Rejects with STORAGE or STORAGE_FULL; other files may have become blobs all the same. */
  move(path: string, blob: Blob): Promise<void>;
  /** Waits for what is under way; never throws. */
  settled(): Promise<void>;
}

interface Waiting {
  readonly path: string;
  readonly blob: Blob;
  resolve(): void;
  reject(error: unknown): void;
}

/** A round is no longer than this, so that nobody waits for too many others. */
const MAX_ROUND = 256;

/**
 * Files that are complete at the same time are made durable together: while one round is at the disk, the files of the next one gather.
 * Unlike a batch, a round that fails is forgotten: the next may find room on the disk again.
 * @param directory where the files are.
 * @param moved is told the paths that have become free.
 */
export function createRounds(directory: string, pool: PoolPaths, moved: (path: string) => void): Rounds {
  const gathered: Waiting[] = [];
  let running: Promise<void> | undefined;

  const runAll = async (): Promise<void> => {
    while (gathered.length > 0) {
      const round = gathered.splice(0, MAX_ROUND);
      try {
        await moveFiles(round, directory, pool);
        for (const { path, resolve } of round) {
          moved(path);
          resolve();
        }
      } catch (error) {
        for (const { reject } of round) reject(error);
      }
    }
    running = undefined;
  };

  return {
    move(path, blob) {
      return new Promise((resolve, reject) => {
        gathered.push({ path, blob, resolve, reject });
        // Those that are complete in the same turn go together.
        running ??= new Promise((begin) => setImmediate(begin)).then(runAll);
      });
    },
    async settled() {
      await running;
    },
  };
}
