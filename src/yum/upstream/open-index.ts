import { checked } from '../../codec/checked.ts';
import { compressionOf } from '../../codec/compression.ts';
import { decompress } from '../../codec/decompress.ts';
import { LIMITS } from '../../core/limits.ts';
import type { BlobStore } from '../../store/blobs.ts';
import type { UnpackedIndex } from '../candidate.ts';

/**
 * A stored index, unpacked and held to the size and checksum that repomd.xml states of it: CHECKSUM_MISMATCH at its end when it is
 * something else, DECOMPRESS_TOO_LARGE as soon as it is too large.
 * @param ceiling most bytes that are taken, whatever is stated.
 */
export function openIndex(
  index: UnpackedIndex,
  blobs: BlobStore,
  what: string,
  ceiling: number = LIMITS.indexUnpacked,
): AsyncIterable<Buffer> {
  const { path, openSize, openChecksum } = index;
  const plain = decompress(blobs.read(index.sha256), compressionOf(path), { maxSize: Math.min(openSize ?? ceiling, ceiling), what });
  return checked(plain, { size: openSize, checksums: openChecksum === undefined ? [] : [openChecksum] }, what);
}
