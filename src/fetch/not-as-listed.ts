import { isMirrorError, type MirrorError } from '../core/errors.ts';

/** Whether the fault is of a file, which is not there or not what metadata says of it, and not of the server or the way to it. */
export function isNotAsListed(error: unknown): error is MirrorError {
  return isMirrorError(error, 'CHECKSUM_MISMATCH', 'FETCH_NOT_FOUND', 'FETCH_TOO_LARGE', 'FETCH_TRUNCATED');
}
