import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { MirrorError, reasonOf } from '../../core/errors.ts';

/** How files are read: with what each reading is counted and ended. */
export interface Reading {
  readonly signal?: AbortSignal | undefined;
  /** Told of every piece that was read, in bytes. */
  readonly onRead?: ((bytes: number) => void) | undefined;
}

export interface OpenFile {
  readonly handle: FileHandle;
  /** In bytes. */
  readonly size: number;
}

const PIECE = 256 * 1024;

/**
 * Opens a regular file. FILE_MISSING where it cannot be read, ARCHIVE_INVALID where it is something else.
 * @param followLinks whether the path itself may be a symbolic link.
 */
export async function openFile(path: string, followLinks: boolean): Promise<OpenFile> {
  // A named pipe would keep the opening waiting for its other end.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (followLinks ? 0 : constants.O_NOFOLLOW);
  let handle: FileHandle;
  try {
    handle = await open(path, flags);
  } catch (cause) {
    throw new MirrorError('FILE_MISSING', `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new MirrorError('ARCHIVE_INVALID', `${path} is no regular file`);
    return { handle, size: found.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The bytes of an open file from `start` to before `end`, read one piece ahead. Fewer where it has fewer. ABORTED, FILE_MISSING. */
export async function* bytesOf(
  { handle }: OpenFile,
  path: string,
  range: { start: number; end: number },
  reading: Reading = {},
): AsyncGenerator<Buffer> {
  let position = range.start;
  const next = (): Promise<Buffer> => {
    const at = position;
    const length = Math.min(PIECE, range.end - at);
    position += length;
    return readAt(handle, at, length);
  };
  let ahead = next();
  try {
    for (;;) {
      if (reading.signal?.aborted === true) throw new MirrorError('ABORTED', `reading ${path} was interrupted`);
      const piece = await ahead;
      if (piece.length === 0) return;
      reading.onRead?.(piece.length);
      ahead = next();
      yield piece;
    }
  } catch (error) {
    if (error instanceof MirrorError) throw error;
    throw new MirrorError('FILE_MISSING', `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  } finally {
    // The file is closed after this; nothing else depends on how the reading that was begun went.
    await ahead.catch(() => undefined);
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  if (length <= 0) return Buffer.alloc(0);
  const piece = Buffer.allocUnsafeSlow(length);
  const { bytesRead } = await handle.read(piece, 0, length, position);
  return bytesRead === length ? piece : piece.subarray(0, bytesRead);
}
