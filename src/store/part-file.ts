import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import type { ChecksumAlgorithm } from '../core/digests.ts';
import type { FileWriter } from './file-writer.ts';
import { createOverlappedWriter, type OverlappedWriter } from './overlapped-writer.ts';
import { createDigests, digestsOf, type FoundDigests, type RunningDigests } from './part-digests.ts';
import { storageError, systemCode } from './storage-errors.ts';

/** A file of no more bytes is written in one go when it is sealed. */
const IN_MEMORY = 256 * 1024;
const READ_SIZE = 1024 * 1024;

interface OpenFile {
  readonly handle: FileHandle;
  readonly writer: OverlappedWriter;
}

/** A file that grows and is hashed on the way. All calls throw STORAGE and STORAGE_FULL. */
export interface PartFile {
  /** Bytes so far, on the disk or not. */
  readonly size: number;
  /** Whether none of them is on the disk. */
  readonly inMemory: boolean;
  /** Takes up what an earlier run left, as far as it can be gone on from. Called first, if at all. */
  takeUp(): Promise<void>;
  /** Undefined when the bytes only wait to be written. */
  append(chunk: Buffer): Promise<void> | undefined;
  /** Of everything so far, by algorithms that were not told before, too: then what is on the disk is read again. */
  digests(algorithms?: readonly ChecksumAlgorithm[]): Promise<FoundDigests> | FoundDigests;
  /** Back to no bytes. */
  drop(): Promise<void>;
  /** Everything on the disk, read-only and closed. */
  seal(): Promise<void> | undefined;
  /** Everything on the disk and closed, for a later run. */
  close(): Promise<void>;
}

export interface PartFileOptions {
  /** Digests that are computed on the way beside SHA-256. */
  readonly algorithms: readonly ChecksumAlgorithm[];
  /** Whether so many bytes of an earlier run, never 0, can be gone on from. */
  readonly usable: (size: number) => boolean;
  /** Of files that are small enough to be written in one go. */
  readonly writer: Pick<FileWriter, 'write'>;
}

export function createPartFile(path: string, { algorithms, usable, writer }: PartFileOptions): PartFile {
  let running: RunningDigests | undefined;
  let stored = 0;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let open: OpenFile | undefined;

  const inMemory = (): boolean => stored === 0 && open === undefined;
  /** Of what is on the disk. A small file never has them: it is hashed whole. */
  const runningDigests = (): RunningDigests => {
    running ??= createDigests(algorithms);
    return running;
  };
  const written = (bytes: Buffer): void => {
    runningDigests().update(bytes);
    stored += bytes.length;
  };

  const opened = async (): Promise<OpenFile> => {
    if (open !== undefined) return open;
    const handle = await openForAppending(path);
    open = { handle, writer: createOverlappedWriter(handle, written) };
    return open;
  };
  /** What arrived of bytes whose writing failed must not stay in front of the same bytes sent again. */
  const writing = async (work: (file: OpenFile) => Promise<void> | undefined): Promise<void> => {
    const file = await opened();
    try {
      await work(file);
    } catch (error) {
      await file.handle.truncate(stored);
      throw error;
    }
  };

  const writeOut = async (): Promise<void> => {
    const chunks = waiting;
    waiting = [];
    waitingBytes = 0;
    if (chunks.length === 0 && open === undefined) return;
    await writing(async ({ writer: overlapped }) => {
      for (const chunk of chunks) await overlapped.append(chunk);
      await overlapped.flush();
    });
  };

  const closeFile = async (): Promise<void> => {
    const closing = open;
    open = undefined;
    await closing?.handle.close();
  };

  const sealOnDisk = async (): Promise<void> => {
    await writeOut();
    await makeReadOnly(path, open?.handle);
    await closeFile();
  };

  const failed = (action: string, error: unknown): never => {
    throw storageError(error, `${action} ${path}`);
  };

  const digestsOnDisk = async (further: readonly ChecksumAlgorithm[]): Promise<FoundDigests> => {
    await writeOut().catch((error: unknown) => failed('write', error));
    if (further.length === 0) return runningDigests().current();
    const anew = createDigests([...algorithms, ...further]);
    await hashFile(path, anew.update).catch((error: unknown) => failed('read', error));
    return anew.current();
  };

  /** The file has grown larger than what is kept in memory. */
  const spill = (chunk: Buffer): Promise<void> => {
    const chunks = [...waiting, chunk];
    waiting = [];
    waitingBytes = 0;
    return writing(async ({ writer: overlapped }) => {
      for (const piece of chunks) await overlapped.append(piece);
    });
  };

  return {
    get size() {
      return stored + waitingBytes + (open?.writer.waiting ?? 0);
    },
    get inMemory() {
      return inMemory();
    },
    async takeUp() {
      try {
        stored = await takeUpFile(path, usable, runningDigests().update);
      } catch (error) {
        failed('read', error);
      }
    },
    append(chunk) {
      if (open !== undefined) {
        const { writer: overlapped } = open;
        const appending = overlapped.append(chunk);
        return appending === undefined ? undefined : writing(() => appending).catch((error: unknown) => failed('write', error));
      }
      if (waitingBytes + chunk.length > IN_MEMORY) return spill(chunk).catch((error: unknown) => failed('write', error));
      waitingBytes += chunk.length;
      // A copy: the caller may use its buffer again.
      waiting.push(Buffer.from(chunk));
      return undefined;
    },
    digests(also = []) {
      const further = also.filter((algorithm) => algorithm !== 'sha256' && !algorithms.includes(algorithm));
      if (inMemory()) {
        const bytes = joined(waiting);
        waiting = [bytes];
        return digestsOf(bytes, [...algorithms, ...further]);
      }
      return digestsOnDisk(further);
    },
    async drop() {
      try {
        waiting = [];
        waitingBytes = 0;
        // Nothing is written any more when the file is removed.
        await open?.writer.flush().catch(() => undefined);
        await closeFile();
        running = undefined;
        stored = 0;
        await rm(path, { force: true });
      } catch (error) {
        failed('remove', error);
      }
    },
    seal() {
      if (!inMemory()) return sealOnDisk().catch((error: unknown) => failed('write', error));
      const sealed = (): void => {
        stored = waitingBytes;
        waiting = [];
        waitingBytes = 0;
      };
      try {
        const pending = writer.write(path, joined(waiting));
        if (pending !== undefined) return pending.then(sealed, (error: unknown) => failed('write', error));
        sealed();
      } catch (error) {
        failed('write', error);
      }
      return undefined;
    },
    async close() {
      try {
        try {
          await writeOut();
        } finally {
          await closeFile();
        }
      } catch (error) {
        failed('write', error);
      }
    },
  };
}

/** Hashes what an earlier run left, and gives its size: 0 when there is nothing that can be gone on from. */
async function takeUpFile(path: string, usable: (size: number) => boolean, update: (chunk: Uint8Array) => void): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return 0;
  if (found.isFile() && found.size > 0 && usable(found.size)) return await hashFile(path, update);
  await rm(path, { recursive: true, force: true });
  return 0;
}

/** Hashes a file and gives its size. */
async function hashFile(path: string, update: (chunk: Uint8Array) => void): Promise<number> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(READ_SIZE);
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

function joined(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}
