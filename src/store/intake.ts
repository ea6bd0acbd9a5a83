import { createHash } from 'node:crypto';
import { renameSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Expected } from '../core/digests.ts';
import type { Blob, Intake, Part } from './blobs.ts';
import { ensureDirectory, makeDirectoriesDurable, makeFilesDurable } from './durability.ts';
import { openPart } from './part.ts';
import { storageError } from './storage-errors.ts';

/** A batch is flushed by itself when it has more files, more bytes, or is older (milliseconds): a killed run then loses little work. */
const BATCH = { files: 2000, bytes: 256 * 1024 * 1024, age: 2000 } as const;
/** How many files are renamed before other work gets a turn. */
const RENAMES_A_TURN = 256;
const DIGEST_KEY = /^[0-9a-f]{32,128}$/;

interface CompletedFile {
  readonly path: string;
  readonly blob: Blob;
}

/** Where a pool keeps its files. */
export interface PoolPaths {
  /** Holds the shards. */
  readonly root: string;
  shard(sha256: string): string;
  blob(sha256: string): string;
}

/**
 * Opens `directory` to bring files into the pool; see `BlobStore.intake`. Files are hashed while they are written there; a flush makes them
 * durable, renames them into the pool, and makes the pool's directories durable.
 */
export async function openIntake(directory: string, pool: PoolPaths): Promise<Intake> {
  await ensureDirectory(directory);
  const left = new Set(await namesIn(directory));
  const inUse = new Set<string>();
  let batch: CompletedFile[] = [];
  let batchBytes = 0;
  let batchSince = 0;
  let added = 0;
  let failure: unknown;
  let flushing: Promise<void> | undefined;

  const move = async (files: readonly CompletedFile[]): Promise<void> => {
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
    for (const { path } of files) inUse.delete(path);
  };

  /** Moves the batch, after the one that is on its way. Its failure is the intake's: it is thrown from then on. */
  const startFlush = (): Promise<void> => {
    const files = batch;
    const before = flushing;
    batch = [];
    batchBytes = 0;
    const running = (async () => {
      await before;
      if (failure !== undefined || files.length === 0) return;
      try {
        await move(files);
      } catch (error) {
        failure = error;
      }
    })();
    flushing = running;
    return running;
  };

  const flush = async (): Promise<void> => {
    await startFlush();
    if (failure !== undefined) throw failure;
  };

  const completed = async (path: string, blob: Blob): Promise<void> => {
    if (batch.length === 0) batchSince = performance.now();
    batch.push({ path, blob });
    batchBytes += blob.size;
    const large = batch.length >= BATCH.files || batchBytes >= BATCH.bytes;
    if (large || performance.now() - batchSince >= BATCH.age) {
      // The work goes on while one batch is being flushed, but no faster than the disk takes it.
      const before = flushing;
      void startFlush();
      await before;
    }
    if (failure !== undefined) throw failure;
  };

  const begin = async (name: string, label: string, expected: Expected): Promise<Part> => {
    // Two files under one key at once: the second has a name of its own, which no later run looks for.
    const free = inUse.has(join(directory, name)) ? `~${process.pid}-${added++}` : name;
    const path = join(directory, free);
    inUse.add(path);
    const release = (): void => {
      inUse.delete(path);
      left.add(free);
    };
    try {
      return await openPart({ path, label, expected, resume: left.has(free), completed, released: release });
    } catch (error) {
      release();
      throw error;
    }
  };

  return {
    open: (key, expected) => begin(partName(key), DIGEST_KEY.test(key) ? 'the file' : `the file for ${key}`, expected),
    async add(source) {
      const part = await begin(`~${process.pid}-${added++}`, 'a new file', { checksums: [] });
      try {
        if (source instanceof Uint8Array) await part.write(asBuffer(source));
        else for await (const chunk of source) await part.write(asBuffer(chunk));
        await part.complete();
      } catch (error) {
        await part.restart();
        await part.keep();
        throw error;
      }
      return part.blob;
    },
    flush,
    async finish() {
      await flush();
      try {
        await rm(directory, { recursive: true, force: true });
      } catch (error) {
        throw storageError(error, `remove ${directory}`);
      }
    },
    async abandon() {
      await flushing;
    },
  };
}

/** A file name for a key: digests are legible, anything else is hashed. */
function partName(key: string): string {
  return DIGEST_KEY.test(key) ? `${key}.part` : `key-${createHash('sha256').update(key).digest('hex')}.part`;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    throw storageError(error, `read ${directory}`);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
