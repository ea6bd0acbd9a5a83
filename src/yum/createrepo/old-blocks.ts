import { constants, inflateRawSync } from 'node:zlib';
import { DEFLATE_END, GZIP_HEADER } from '../../codec/block-formats.ts';

/** How many times as long the text of a block usually is, at most: so that it is unpacked in one piece of memory. */
const LIKELY_RATIO = 12;
const SMALLEST_CHUNK = 4 * 1024;
const LARGEST_CHUNK = 2 * 1024 * 1024;
/** The largest text of one block: far above what is written, and what bounds the memory where a file was made to unpack to very much. In bytes. */
const LARGEST_BLOCK = 256 * 1024 * 1024;
/** Each block ends in a flush: an empty block of no compression. */
const FLUSH = Buffer.from([0x00, 0x00, 0xff, 0xff]);
/** Behind the last block: checksum and size, in bytes. */
const TRAILER = DEFLATE_END.length + 8;

/**
 * The blocks of a file that was written as blocks of gzip (codec/block-formats.ts), without the file's frame; undefined when it does not look
 * as if it was. Whether they really are is seen when they are unpacked: the mark between them may stand in other files by chance.
 */
export function blocksOfGzip(file: Buffer): Buffer[] | undefined {
  if (!file.subarray(0, GZIP_HEADER.length).equals(GZIP_HEADER)) return undefined;
  const ends: number[] = [];
  const end = file.length - TRAILER;
  for (let start = GZIP_HEADER.length; start < end; ) {
    const found = file.indexOf(FLUSH, start);
    if (found === -1 || found + FLUSH.length > end) return undefined;
    // zlib flushes once more where a flush has just filled its buffer.
    const isRepeated = found === start + 1 && file[start] === 0;
    if (isRepeated) ends.pop();
    start = found + FLUSH.length;
    ends.push(start);
  }
  return ends.map((to, index) => file.subarray(ends[index - 1] ?? GZIP_HEADER.length, to));
}

/** The text of a block. Throws what zlib throws when it is none. */
export function inflateBlock(packed: Uint8Array): Buffer {
  const chunkSize = Math.min(Math.max(LIKELY_RATIO * packed.length, SMALLEST_CHUNK), LARGEST_CHUNK);
  return inflateRawSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: LARGEST_BLOCK, chunkSize });
}
