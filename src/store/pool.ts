import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isSha256 } from '../core/digests.ts';
import { isMirrorError, MirrorError } from '../core/errors.ts';
import { NAME_PATTERN } from '../core/names.ts';
import type { PoolPaths } from './batches.ts';
import { blobPieces } from './blob-pieces.ts';
import { blobMissing, blobStream } from './blob-stream.ts';
import type { Blob, BlobStore } from './blobs.ts';
import { ensureDirectory, ensureSubdirectories } from './durability.ts';
import { openIntake } from './intake.ts';
import { storageError, systemCode } from './storage-errors.ts';

/** Files up to this size in bytes are read at once. */
const SMALL = 256 * 1024;

const SHARDS = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'));

/**
 * The blob store on the file system: `pool/sha256/ab/<sha256>` under the storage directory, and `tmp/<scope>/` for what is on its way in.
 * Nothing is created before the first intake. Throws STORAGE when the storage directory is not a directory or cannot be read.
 */
export async function openPool(storageDir: string): Promise<BlobStore> {
  const root = join(storageDir, 'pool', 'sha256');
  const paths: PoolPaths = {
    root,
    shard: (sha256) => `${root}/${sha256.slice(0, 2)}`,
    blob: (sha256) => `${root}/${sha256.slice(0, 2)}/${sha256}`,
  };
  await checkDirectory(storageDir);
  let prepared: Promise<void> | undefined;

  /** A digest becomes part of a path only when it is one; any other text names nothing in the pool. */
  const pathOf = (sha256: string): string => (isSha256(sha256) ? paths.blob(sha256) : join(root, 'none'));
  // Tens of thousands are looked for at once: over the thread pool that takes twenty times as long.
  const sizeOf = (sha256: string): number | undefined => {
    if (!isSha256(sha256)) return undefined;
    const path = paths.blob(sha256);
    try {
      return statSync(path, { throwIfNoEntry: false })?.size;
    } catch (error) {
      throw storageError(error, `look at ${path}`);
    }
  };

  return {
    stat: async (sha256) => sizeOf(sha256),
    has: (sha256) => sizeOf(sha256) !== undefined,
    read: (sha256, range) => blobStream(pathOf(sha256), sha256, range),
    pieces: (sha256, range) => blobPieces(pathOf(sha256), sha256, range),
    readWhole: (sha256, maxSize) => readWhole(paths, sha256, maxSize),
    list: () => listBlobs(paths),
    async delete(sha256) {
      if (isSha256(sha256)) await orAbsent(`remove ${paths.blob(sha256)}`, unlink(paths.blob(sha256)));
    },
    deleteOlder(sha256, since) {
      if (!isSha256(sha256)) return true;
      const path = paths.blob(sha256);
      try {
        const found = statSync(path, { throwIfNoEntry: false });
        if (found === undefined) return true;
        if (found.mtimeMs >= since) return false;
        unlinkSync(path);
        return true;
      } catch (error) {
        throw storageError(error, `remove ${path}`);
      }
    },
    async intake(scope) {
      if (!NAME_PATTERN.test(scope)) throw new MirrorError('NAME_INVALID', `"${scope}" cannot name an intake: it is no file name`);
      prepared ??= prepareShards(root);
      await prepared;
      return await openIntake(join(storageDir, 'tmp', scope), paths);
    },
  };
}

async function checkDirectory(path: string): Promise<void> {
  const found = await orAbsent(`read the storage directory ${path}`, stat(path));
  if (found === undefined || found.isDirectory()) return;
  throw new MirrorError('STORAGE', `the storage directory ${path} is not a directory`, {
    hint: 'Name another directory as `storage` in the configuration.',
  });
}

async function prepareShards(root: string): Promise<void> {
  await ensureDirectory(root);
  await ensureSubdirectories(root, SHARDS);
}

async function readWhole(paths: PoolPaths, sha256: string, maxSize: number): Promise<Buffer> {
  if (!isSha256(sha256)) throw blobMissing(sha256);
  const path = paths.blob(sha256);
  try {
    const bytes = readSmall(path) ?? (await readLarge(path, maxSize));
    if (bytes.length > maxSize) throw tooLarge(path, bytes.length, maxSize);
    const found = hash('sha256', bytes, 'hex');
    if (found === sha256) return bytes;
    throw new MirrorError('BLOB_CORRUPT', `the file ${path} has the sha256 ${found}: it is damaged`, {
      hint: 'Remove it and sync again; look at the disk if it happens again.',
    });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw blobMissing(sha256);
    throw isMirrorError(error) ? error : storageError(error, `read ${path}`);
  }
}

/** A small file without giving the thread free in between: tens of thousands are read in a row. Undefined for a larger one. */
function readSmall(path: string): Buffer | undefined {
  const descriptor = openSync(path, 'r');
  try {
    return fstatSync(descriptor).size > SMALL ? undefined : readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

async function readLarge(path: string, maxSize: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    if (size > maxSize) throw tooLarge(path, size, maxSize);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function tooLarge(path: string, size: number, maxSize: number): MirrorError {
  return new MirrorError('BLOB_CORRUPT', `the file ${path} has ${size} bytes, at most ${maxSize} were expected`);
}

async function* listBlobs(paths: PoolPaths): AsyncIterableIterator<Blob> {
  for (const shard of SHARDS) {
    const directory = join(paths.root, shard);
    const names = (await orAbsent(`read ${directory}`, readdir(directory))) ?? [];
    const look = async (sha256: string): Promise<Blob | undefined> => {
      const found = await orAbsent(`look at ${paths.blob(sha256)}`, stat(paths.blob(sha256)));
      return found === undefined ? undefined : { sha256, size: found.size };
    };
    for (const blob of await Promise.all(names.filter(isSha256).map(look))) {
      if (blob !== undefined) yield blob;
    }
  }
}

/** The result of a call on the file system; undefined when what it names is not there. */
async function orAbsent<T>(action: string, result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw storageError(error, action);
  }
}
