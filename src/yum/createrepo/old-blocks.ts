import { constants, inflateRawSync } from 'node:zlib';

/** The largest text of one block: far above what is written, and what bounds the memory where a file was made to unpack to very much. In bytes. */
const LARGEST_BLOCK = 256 * 1024 * 1024;
const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 0xff]);
/** Each block ends in a flush: an empty block of no compression. */
const FLUSH = Buffer.from([0x00, 0x00, 0xff, 0xff]);
/** An empty block that is the last, checksum and size. */
const TRAILER = 10;

/**
 * The blocks of a file that was written as blocks of gzip (codec/block-formats.ts), without the file's frame; undefined when it does not look
 * as if it was. Whether they really are is seen when they are unpacked: the mark between them may stand in other files by chance.
 */
export function blocksOfGzip(file: Buffer): Buffer[] | undefined {
  if (file.compare(GZIP_HEADER, 0, GZIP_HEADER.length, 0, GZIP_HEADER.length) !== 0) return undefined;
  const blocks: Buffer[] = [];
  const end = file.length - TRAILER;
  let start = GZIP_HEADER.length;
  while (start < end) {
    const found = file.indexOf(FLUSH, start);
    if (found === -1 || found + FLUSH.length > end) return undefined;
    blocks.push(file.subarray(start, found + FLUSH.length));
    start = found + FLUSH.length;
  }
  return start === end ? blocks : undefined;
}

/** The text of a block. Throws what zlib throws when it is none. */
export function inflateBlock(packed: Uint8Array): Buffer {
  return inflateRawSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: LARGEST_BLOCK, chunkSize: 1024 * 1024 });
}
