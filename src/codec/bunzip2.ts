import { setImmediate } from 'node:timers/promises';
import { MirrorError } from '../core/errors.ts';
import { type ByteReader, createByteReader } from './byte-reader.ts';
import { type BitReader, createBitReader } from './bzip2-bits.ts';
import { readBlock, type SortedBlock } from './bzip2-block.ts';

const LEVEL_SIZE = 100_000;
/** A block cannot be longer as stored: a code of 20 bits for each byte, and the tables. */
const MOST_STORED = (level: number): number => (level * LEVEL_SIZE * 20) / 8 + 64 * 1024;
const PIECE = 64 * 1024;
/** A block of 900 kB can unpack to 46 MB. */
const PIECES_AT_ONCE = 16;
const CRC_TABLE = crcTable();

/**
 * The bytes of a bzip2 file of one or more streams, in pieces of 64 KiB, however much a block unpacks to. Other work gets its turn
 * often: a block takes some hundredths of a second. DECOMPRESS_FAILED when the file is damaged, cut short or followed by something else.
 */
export async function* bunzip2(source: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Buffer> {
  const damaged = (why: string): MirrorError => new MirrorError('DECOMPRESS_FAILED', `${what} cannot be decompressed as bz2: ${why}`);
  const bits = createBitReader(() => damaged('it is cut short'));
  const reader = createByteReader(source);
  try {
    for (let streams = 0; streams === 0 || (await fill(bits, reader, 1)); streams++) {
      await fill(bits, reader, 4);
      if (bits.read(24) !== 0x425a68)
        throw damaged(streams === 0 ? 'it does not begin as bzip2 files do' : 'something else follows its last stream');
      const level = bits.read(8) - 0x30;
      if (level < 1 || level > 9) throw damaged('it has a wrong block size');
      yield* stream(bits, reader, { level, damaged });
      bits.align();
    }
  } finally {
    await reader.release();
  }
}

/** Reads until there are as many whole bytes, or the source has ended; says whether there are. */
async function fill(bits: BitReader, reader: ByteReader, wanted: number): Promise<boolean> {
  const pieces: Buffer[] = [];
  for (let missing = wanted - bits.left(); missing > 0; ) {
    const piece = await reader.some(Number.MAX_SAFE_INTEGER);
    if (piece === undefined) break;
    pieces.push(piece);
    missing -= piece.length;
  }
  if (pieces.length > 0) bits.append(Buffer.concat(pieces));
  return bits.left() >= wanted;
}

interface StreamContext {
  readonly level: number;
  readonly damaged: (why: string) => MirrorError;
}

async function* stream(bits: BitReader, reader: ByteReader, { level, damaged }: StreamContext): AsyncGenerator<Buffer> {
  const links = new Uint32Array(level * LEVEL_SIZE);
  let combined = 0;
  for (;;) {
    await fill(bits, reader, MOST_STORED(level));
    const mark = bits.read(24) * 2 ** 24 + bits.read(24);
    const stated = bits.read(16) * 2 ** 16 + bits.read(16);
    if (mark === 0x177245385090) {
      if (stated !== combined) throw damaged('its checksum is wrong');
      return;
    }
    if (mark !== 0x314159265359) throw damaged('there is no block where one should begin');
    await setImmediate();
    let crc = 0xffffffff;
    let pieces = 0;
    for (const piece of expand(readBlock(bits, links, damaged))) {
      crc = updateCrc(crc, piece);
      yield piece;
      if (++pieces % PIECES_AT_ONCE === 0) await setImmediate();
    }
    crc = ~crc >>> 0;
    if (crc !== stated) throw damaged('the checksum of a block is wrong');
    combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0;
  }
}

/** The bytes of a block in their own order, with runs written out: after four equal bytes comes the number of further ones. */
function* expand({ links, count, first }: SortedBlock): Generator<Buffer> {
  let piece = Buffer.allocUnsafe(PIECE);
  let filled = 0;
  let link = links[first] ?? 0;
  let previous = -1;
  let equal = 0;
  for (let at = 0; at < count; at++) {
    link = links[link >>> 8] ?? 0;
    const byte = link & 0xff;
    if (equal === 4) {
      if (filled + byte > PIECE) {
        yield piece.subarray(0, filled);
        piece = Buffer.allocUnsafe(PIECE);
        filled = 0;
      }
      piece.fill(previous, filled, filled + byte);
      filled += byte;
      equal = 0;
      previous = -1;
      continue;
    }
    equal = byte === previous ? equal + 1 : 1;
    previous = byte;
    if (filled === PIECE) {
      yield piece;
      piece = Buffer.allocUnsafe(PIECE);
      filled = 0;
    }
    piece[filled++] = byte;
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

function crcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte << 24;
    for (let bit = 0; bit < 8; bit++) value = (value & 0x80000000) === 0 ? value << 1 : (value << 1) ^ 0x04c11db7;
    return value >>> 0;
  });
}

function updateCrc(crc: number, bytes: Uint8Array): number {
  let value = crc;
  // An iterator over the bytes takes twice the time.
  for (let at = 0; at < bytes.length; at++) value = (value << 8) ^ (CRC_TABLE[((value >>> 24) ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  return value;
}
