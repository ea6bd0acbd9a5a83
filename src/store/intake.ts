import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import type { Expected } from '../core/digests.ts';
import { createBatches, type PoolPaths } from './batches.ts';
import type { Blob, Intake, Part } from './blobs.ts';
import { ensureDirectory } from './durability.ts';
import { createFileWriter } from './file-writer.ts';
import { createPart } from './part.ts';
import { createRounds } from './rounds.ts';
import { storageError, systemCode } from './storage-errors.ts';
import { createUpload } from './upload.ts';

const DIGEST_KEY = /^[0-9a-f]{32,128}$/;

/**
 * Opens `directory` to bring files into the pool; see `BlobStore.intake`. Files are hashed while they are written there; a flush makes them
 * durable, renames them into the pool, and makes the pool's directories durable.
 */
export async function openIntake(directory: string, pool: PoolPaths): Promise<Intake> {
  await ensureDirectory(directory);
  const left = new Set(await namesIn(directory));
  const inUse = new Set<string>();
  const batches = createBatches(directory, pool, (path) => inUse.delete(path));
  const rounds = createRounds(directory, pool, (path) => inUse.delete(path));
  const completed = (path: string, blob: Blob): Promise<void> => batches.add({ path, blob });
  const writer = createFileWriter();
  let added = 0;

  const begin = async (name: string, label: string, expected: Expected): Promise<Part> => {
    // Two files under one key at once: the second has a name of its own, which no later run looks for.
    const free = inUse.has(`${directory}/${name}`) ? `~${process.pid}-${added++}` : name;
    const path = `${directory}/${free}`;
    inUse.add(path);
    const release = (): void => {
      inUse.delete(path);
      left.add(free);
    };
    const part = createPart({ path, label, expected, writer, completed, released: release });
    try {
      if (left.has(free)) await part.takeUp();
      return part;
    } catch (error) {
      release();
      throw error;
    }
  };

  const upload: Intake['upload'] = async (key, algorithms) => {
    const name = partName(key);
    const path = `${directory}/${name}`;
    if (inUse.has(path)) throw storageError(new Error('it is being written already'), `write ${path}`);
    inUse.add(path);
    const released = (kept: boolean): void => {
      inUse.delete(path);
      if (kept) left.add(name);
    };
    const opened = createUpload({ path, algorithms, writer, move: rounds.move, released });
    if (!left.delete(name)) return opened;
    try {
      await opened.takeUp();
      return opened;
    } catch (error) {
      released(true);
      throw error;
    }
  };

  return {
    upload,
    holds: (key) => left.has(partName(key)),
    async removeUntouched(since) {
      for (const name of left) {
        const path = `${directory}/${name}`;
        try {
          if ((await stat(path)).mtimeMs >= since || inUse.has(path)) continue;
          await rm(path, { recursive: true, force: true });
        } catch (error) {
          if (systemCode(error) !== 'ENOENT') throw storageError(error, `remove ${path}`);
        }
        left.delete(name);
      }
    },
    open: (key, expected) => begin(partName(key), DIGEST_KEY.test(key) ? 'the file' : `the file for ${key}`, expected),
    reserve(key) {
      const name = partName(key);
      const path = `${directory}/${name}`;
      if (inUse.has(path) || left.has(name)) return undefined;
      inUse.add(path);
      return { path, complete: (blob, durable) => batches.add({ path, blob, durable }), release: () => void inUse.delete(path) };
    },
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
    flush: batches.flush,
    async finish() {
      await rounds.settled();
      await batches.flush();
      writer.close();
      try {
        await rm(directory, { recursive: true, force: true });
      } catch (error) {
        throw storageError(error, `remove ${directory}`);
      }
    },
    async abandon() {
      await Promise.all([batches.settled(), rounds.settled()]);
      writer.close();
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
