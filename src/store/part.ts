import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import type { Expected } from '../core/digests.ts';
import type { Blob, Part } from './blobs.ts';
import { createDigests, digestsOf, type FoundDigests, mismatch } from './part-digests.ts';
import { storageError, systemCode } from './storage-errors.ts';

/** Bytes that are collected before they go to the disk; a file no larger is written in one go when it is complete. */
const BUFFER = 256 * 1024;
const READ_SIZE = 1024 * 1024;

export interface PartOptions {
  /** Where the bytes are kept until the file is complete. */
  readonly path: string;
  /** Names the file in messages. */
  readonly label: string;
  readonly expected: Expected;
  /** Whether an earlier run may have left bytes at `path`. */
  readonly resume: boolean;
  /** Takes the complete file over. */
  readonly completed: (path: string, blob: Blob) => Promise<void>;
  /** The part is closed without being complete. */
  readonly released: () => void;
}

/** Opens a file that is on its way into the pool; see `Intake.open`. Throws STORAGE and STORAGE_FULL. */
export async function openPart(options: PartOptions): Promise<Part> {
  const { path, label, expected, completed, released } = options;
  const digests = createDigests(expected);
  let stored = 0;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let handle: FileHandle | undefined;
  let whole = false;
  let blob: Blob | undefined;

  /** Runs what touches the disk, and makes its errors STORAGE or STORAGE_FULL. */
  const onDisk = async <T>(action: string, run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw storageError(error, `${action} ${path}`);
    }
  };

  const drop = (): Promise<void> =>
    onDisk('remove', async () => {
      waiting = [];
      waitingBytes = 0;
      whole = false;
      if (stored > 0) digests.reset();
      stored = 0;
      if (handle === undefined) await rm(path, { force: true });
      else await handle.truncate(0);
    });

  const writeOut = (): Promise<void> =>
    onDisk('write', async () => {
      if (waitingBytes === 0) return;
      const bytes = joined(waiting);
      waiting = [];
      waitingBytes = 0;
      handle ??= await openForAppending(path);
      try {
        await handle.appendFile(bytes);
      } catch (error) {
        // What arrived of these bytes must not stay in front of the same bytes sent again.
        await handle.truncate(stored);
        throw error;
      }
      digests.update(bytes);
      stored += bytes.length;
    });

  const close = (): Promise<void> =>
    onDisk('close', async () => {
      const closing = handle;
      handle = undefined;
      await closing?.close();
    });

  /** Refuses the bytes held unless they are what is expected. */
  const verify = async (found: FoundDigests): Promise<void> => {
    const problem = mismatch(label, expected, stored + waitingBytes, found);
    if (problem === undefined) return;
    await drop();
    throw problem;
  };

  const finishSmall = async (): Promise<Blob> => {
    const bytes = joined(waiting);
    const found = digestsOf(bytes, expected);
    await verify(found);
    await onDisk('write', async () => writeAtOnce(path, bytes));
    waiting = [];
    return { sha256: found.sha256, size: bytes.length };
  };

  const finishLarge = async (): Promise<Blob> => {
    await writeOut();
    const found = digests.current();
    await verify(found);
    await onDisk('write', () => makeReadOnly(path, handle));
    return { sha256: found.sha256, size: stored };
  };

  if (options.resume) {
    stored = await onDisk('read', () => takeUp(path, expected, digests.update));
    if (stored > 0) {
      whole = expected.checksums.length > 0 && mismatch(label, expected, stored, digests.current()) === undefined;
      if (!whole && stored === expected.size) await drop();
    }
  }

  return {
    get held() {
      return stored + waitingBytes;
    },
    get whole() {
      return whole;
    },
    get blob() {
      if (blob === undefined) throw storageError(new Error('it is not complete'), `name the content of ${path}`);
      return blob;
    },
    async write(chunk) {
      whole = false;
      waitingBytes += chunk.length;
      if (waitingBytes > BUFFER) {
        waiting.push(chunk);
        await writeOut();
      } else {
        // A copy: the caller may use its buffer again.
        waiting.push(Buffer.from(chunk));
      }
    },
    restart: drop,
    async complete() {
      const finished = stored === 0 && handle === undefined ? await finishSmall() : await finishLarge();
      await close();
      blob = finished;
      await completed(path, finished);
    },
    async keep() {
      if (blob !== undefined) return;
      try {
        await writeOut();
      } finally {
        await close();
        released();
      }
    },
  };
}

/** Hashes what an earlier run left, and gives its size: 0 when there is nothing that can be gone on from. */
async function takeUp(path: string, expected: Expected, update: (chunk: Uint8Array) => void): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return 0;
  // Without a checksum nothing would show that the rest belongs to another version of the file.
  const usable = expected.checksums.length > 0 && found.size > 0 && found.size <= (expected.size ?? Number.POSITIVE_INFINITY);
  if (!found.isFile() || !usable) {
    await rm(path, { recursive: true, force: true });
    return 0;
  }
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(Math.min(READ_SIZE, found.size));
    let total = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return total;
      update(buffer.subarray(0, bytesRead));
      total += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/** Opens a part for more bytes, also one that an earlier run had completed and made read-only. */
async function openForAppending(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'a', 0o644);
  } catch (error) {
    if (systemCode(error) !== 'EACCES') throw error;
    const readable = await open(path, 'r');
    try {
      await readable.chmod(0o644);
    } finally {
      await readable.close();
    }
    return await open(path, 'a', 0o644);
  }
}

async function makeReadOnly(path: string, handle: FileHandle | undefined): Promise<void> {
  const target = handle ?? (await open(path, 'r'));
  try {
    const { mode } = await target.stat();
    await target.chmod(mode & 0o444);
  } finally {
    if (target !== handle) await target.close();
  }
}

/** Three system calls and no detour over the thread pool: this is what bounds tens of thousands of small packages. */
function writeAtOnce(path: string, bytes: Buffer): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', 0o444);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    unlinkSync(path);
    descriptor = openSync(path, 'wx', 0o444);
  }
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
  } finally {
    closeSync(descriptor);
  }
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}
