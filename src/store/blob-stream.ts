import { close, fstat, open, read } from 'node:fs';
import { Readable } from 'node:stream';
import { MirrorError } from '../core/errors.ts';
import type { ByteRange } from './blobs.ts';
import { storageError, systemCode } from './storage-errors.ts';

/** Bytes that are read at once from a large file. */
const CHUNK = 1024 * 1024;

/** The error for a blob that is not in the pool. */
export function blobMissing(sha256: string): MirrorError {
  return new MirrorError('BLOB_MISSING', `the file ${sha256.slice(0, 64)} is not in the pool`, {
    hint: 'Run `mirror sync` again to bring it back.',
  });
}

/** A file as a stream, or the bytes of it that a range names (cut at its end). Errors: BLOB_MISSING, STORAGE. */
export function blobStream(path: string, sha256: string, range: ByteRange | undefined): Readable {
  let descriptor: number | undefined;
  let position = range?.start ?? 0;
  let end = range === undefined ? Number.MAX_SAFE_INTEGER : range.end + 1;
  return new Readable({
    highWaterMark: CHUNK,
    construct(callback) {
      open(path, 'r', (openError, opened) => {
        if (openError !== null) {
          callback(systemCode(openError) === 'ENOENT' ? blobMissing(sha256) : storageError(openError, `read ${path}`));
          return;
        }
        descriptor = opened;
        fstat(opened, (statError, stats) => {
          if (statError !== null) {
            callback(storageError(statError, `read ${path}`));
            return;
          }
          end = Math.min(end, stats.size);
          callback();
        });
      });
    },
    read() {
      const wanted = Math.min(CHUNK, end - position);
      if (wanted <= 0 || descriptor === undefined) {
        this.push(null);
        return;
      }
      read(descriptor, Buffer.allocUnsafeSlow(wanted), 0, wanted, position, (error, count, buffer) => {
        if (error !== null) {
          this.destroy(storageError(error, `read ${path}`));
        } else if (count === 0) {
          this.destroy(new MirrorError('BLOB_CORRUPT', `the file ${path} became shorter while it was read`));
        } else {
          position += count;
          this.push(count === buffer.length ? buffer : buffer.subarray(0, count));
        }
      });
    },
    destroy(error, callback) {
      if (descriptor === undefined) callback(error);
      else close(descriptor, (closeError) => callback(error ?? closeError));
    },
  });
}
