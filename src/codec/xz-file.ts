import { crc32 } from 'node:zlib';

/** What stands before the first block, in bytes. */
export const XZ_HEADER_LENGTH = 12;
const FOOTER_LENGTH = 12;
const CRC_LENGTH = 4;
/** Of a CRC64. */
const CHECK_LENGTH = 8;
/** Every block ends with a CRC64 of what is in it, as the xz tool has it by default. */
const FLAGS = Buffer.from([0x00, 0x04]);
const HEADER = Buffer.concat([Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]), FLAGS, crcOf(FLAGS)]);

/**
 * The one block of a complete xz stream that has one (.xz file format 1.2.1, section 3). It depends on nothing before it, so that it can
 * be put into any stream with the same kind of check. Its length is a multiple of four.
 */
export function blockOfXzStream(stream: Buffer): Buffer {
  if (!stream.subarray(0, XZ_HEADER_LENGTH).equals(HEADER)) throw new Error('this is no xz stream with CRC64 checks');
  const indexLength = (stream.subarray(-FOOTER_LENGTH).readUInt32LE(4) + 1) * 4;
  const block = stream.subarray(XZ_HEADER_LENGTH, -FOOTER_LENGTH - indexLength);
  const unpadded = unpaddedSize(block);
  if (unpadded + padding(unpadded) !== block.length) throw new Error('this is no xz stream of one block');
  return block;
}

/** A block of an xz file, and the size of what is in it. */
export interface XzBlock {
  readonly packed: Buffer;
  /** In bytes. */
  readonly plainSize: number;
}

/**
 * An xz file of one stream with these blocks. Streams one after another would be a valid file, too, of which apt reads the first only.
 */
export async function* xzFile(blocks: AsyncIterable<XzBlock>): AsyncGenerator<Buffer> {
  yield HEADER;
  const sizes: number[] = [];
  for await (const { packed, plainSize } of blocks) {
    sizes.push(unpaddedSize(packed), plainSize);
    yield packed;
  }
  const index = writeIndex(sizes);
  yield Buffer.concat([index, footer(index.length)]);
}

/** The size of a block without the padding in front of its check: that of its header, of its LZMA2 chunks up to their end, and of the check. */
function unpaddedSize(block: Buffer): number {
  let at = (block.readUInt8(0) + 1) * 4;
  for (let control = block.readUInt8(at); control !== 0; control = block.readUInt8(at)) {
    // With properties from 0xc0 on; below 0x80 the bytes are as they were.
    if (control >= 0x80) at += (control >= 0xc0 ? 6 : 5) + block.readUInt16BE(at + 3) + 1;
    else at += 3 + block.readUInt16BE(at + 1) + 1;
  }
  return at + 1 + CHECK_LENGTH;
}

/** @param sizes unpadded and plain size of each block. */
function writeIndex(sizes: readonly number[]): Buffer {
  const bytes = [0, ...variableLength(sizes.length / 2)];
  for (const size of sizes) bytes.push(...variableLength(size));
  while (bytes.length % 4 !== 0) bytes.push(0);
  const index = Buffer.from(bytes);
  return Buffer.concat([index, crcOf(index)]);
}

function variableLength(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  bytes.push(left);
  return bytes;
}

function footer(indexLength: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(indexLength / 4 - 1);
  const checked = Buffer.concat([size, FLAGS]);
  return Buffer.concat([crcOf(checked), checked, Buffer.from('YZ')]);
}

function padding(length: number): number {
  return (4 - (length % 4)) % 4;
}

function crcOf(bytes: Buffer): Buffer {
  const crc = Buffer.alloc(CRC_LENGTH);
  crc.writeUInt32LE(crc32(bytes));
  return crc;
}
