import { posix } from 'node:path';
import type { Checksum, ChecksumAlgorithm } from '../../core/digests.ts';

/** Directories of indexes by hash, as a Release calls the checksums. */
const DIRECTORIES: Partial<Readonly<Record<ChecksumAlgorithm, string>>> = { sha256: 'SHA256', sha512: 'SHA512' };

/**
 * Where a file is by its checksum, in the same directory as by its name: `main/binary-amd64/by-hash/SHA256/...`. Undefined for a checksum by which
 * nothing is asked for.
 */
export function byHashPath(path: string, { algorithm, value }: Checksum): string | undefined {
  const directory = DIRECTORIES[algorithm];
  return directory === undefined ? undefined : posix.join(posix.dirname(path), 'by-hash', directory, value);
}
