import { type FileHandle, open } from 'node:fs/promises';
import { MirrorError } from '../core/errors.ts';
import { blobMissing } from './blob-stream.ts';
import type { ByteRange } from './blobs.ts';
import { storageError, systemCode } from './storage-errors.ts';

/** Bytes that are read at once. */
const PIECE = 512 * 1024;

/**
 * The bytes of a file that a range names, in two buffers by turns: one is read into while the other is being used.
 * Throws BLOB_MISSING, STORAGE, and BLOB_CORRUPT where the file ends within the range.
 */
export async function* blobPieces(path: string, sha256: string, { start, end }: ByteRange): AsyncGenerator<Buffer> {
  const handle = await openFile(path, sha256);
  let reading: Promise<Buffer> | undefined;
  try {
    const size = Math.min(PIECE, end - start + 1);
    let buffer = Buffer.allocUnsafeSlow(size);
    let other = Buffer.allocUnsafeSlow(size);
    reading = fill(handle, path, buffer, start);
    for (let position = start; position <= end; ) {
      const piece = await reading;
      const next = position + piece.length;
      if (next <= end) reading = fill(handle, path, other.subarray(0, end - next + 1), next);
      // It fails when it is waited for.
      reading.catch(() => undefined);
      yield piece;
      position = next;
      [buffer, other] = [other, buffer];
    }
  } finally {
    // The file is not closed, nor its number given to another, while it is read.
    await reading?.catch(() => undefined);
    await handle.close();
  }
}

async function openFile(path: string, sha256: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw systemCode(error) === 'ENOENT' ? blobMissing(sha256) : storageError(error, `read ${path}`);
  }
}

async function fill(handle: FileHandle, path: string, buffer: Buffer, position: number): Promise<Buffer> {
  try {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead > 0) return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw storageError(error, `read ${path}`);
  }
  throw new MirrorError('BLOB_CORRUPT', `the file ${path} is shorter than it was`);
}
