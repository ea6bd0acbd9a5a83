import type { FileHandle } from 'node:fs/promises';

/** Bytes that go to the disk at once. Two buffers of this size are all that a file takes of the memory, however large it grows. */
const BUFFER = 512 * 1024;

/** Appends to a file, and hashes what is written while the next is being written. Calls are made one at a time. */
export interface OverlappedWriter {
  /** Bytes that wait to be written, or are being written. */
  readonly waiting: number;
  /** Takes a copy of the bytes. Undefined when there was room for them. */
  append(chunk: Buffer): Promise<void> | undefined;
  /** Everything written. */
  flush(): Promise<void>;
}

interface InFlight {
  readonly buffer: Buffer;
  readonly used: number;
  readonly done: Promise<void>;
}

/**
 * @param written is told what has arrived at the file, in order.
 * All calls reject with the system's error; what `written` was not told may be in the file or not, and is forgotten.
 */
export function createOverlappedWriter(handle: FileHandle, written: (bytes: Buffer) => void): OverlappedWriter {
  let current: Buffer = Buffer.allocUnsafeSlow(BUFFER);
  let used = 0;
  let inFlight: InFlight | undefined;
  let spare: Buffer | undefined;

  /** Sends what is gathered, and in the meantime deals with what was sent before. */
  const send = async (): Promise<void> => {
    const before = inFlight;
    inFlight = undefined;
    try {
      await before?.done;
    } catch (error) {
      used = 0;
      throw error;
    }
    if (used > 0) {
      const done = handle.appendFile(current.subarray(0, used));
      // It is waited for later.
      done.catch(() => undefined);
      inFlight = { buffer: current, used, done };
      current = spare ?? Buffer.allocUnsafeSlow(BUFFER);
      spare = undefined;
      used = 0;
    }
    if (before === undefined) return;
    written(before.buffer.subarray(0, before.used));
    spare = before.buffer;
  };

  const add = async (chunk: Buffer): Promise<void> => {
    for (let at = 0; at < chunk.length; ) {
      if (used === BUFFER) await send();
      const count = chunk.copy(current, used, at);
      at += count;
      used += count;
    }
  };

  return {
    get waiting() {
      return used + (inFlight?.used ?? 0);
    },
    append(chunk) {
      if (used + chunk.length > BUFFER) return add(chunk);
      used += chunk.copy(current, used);
      return undefined;
    },
    async flush() {
      await send();
      await send();
    },
  };
}
