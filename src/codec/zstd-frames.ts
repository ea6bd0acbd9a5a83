import { MirrorError } from '../core/errors.ts';
import type { ByteReader } from './byte-reader.ts';

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
/** The largest window that a decoder has to allow for (RFC 8878 asks for 8 MiB, the zstd tool allows this much). */
const MAX_WINDOW = 128 * 1024 * 1024;
/** Each frame costs a fresh decoder, so that a file of nothing but empty frames would keep one busy for hours. */
const MAX_FRAMES = 100_000;
const PIECE = 64 * 1024;

/** The frames of a zstd file, each as the stream of its own bytes, which must be read to its end before the next. Skippable frames are left out. */
export async function* zstdFrames(reader: ByteReader, what: string): AsyncGenerator<AsyncIterable<Buffer>> {
  let frames = 0;
  for (;;) {
    const first = await reader.some(1);
    if (first === undefined) break;
    const rest = await reader.exactly(3);
    if (rest === undefined) throw damaged(what, 'it is cut short in the head of a frame');
    const magic = Buffer.concat([first, rest]);
    const value = magic.readUInt32LE();
    if (value === MAGIC) {
      frames++;
      if (frames > MAX_FRAMES) throw damaged(what, `it has more than ${MAX_FRAMES} frames`);
      yield frame(magic, reader, what);
    } else if ((value & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      await skip(reader, what);
    } else {
      throw damaged(what, 'there is no zstd frame where one should begin');
    }
  }
  if (frames === 0) throw damaged(what, 'it has no frame');
}

async function skip(reader: ByteReader, what: string): Promise<void> {
  const length = await reader.exactly(4);
  if (length === undefined) throw damaged(what, 'it is cut short in a skippable frame');
  for (let left = length.readUInt32LE(); left > 0; ) {
    const piece = await reader.some(left);
    if (piece === undefined) throw damaged(what, 'it is cut short in a skippable frame');
    left -= piece.length;
  }
}

/** The bytes of one frame (RFC 8878, section 3.1.1), in pieces of some size so that small blocks cost little. */
async function* frame(magic: Buffer, reader: ByteReader, what: string): AsyncGenerator<Buffer> {
  const take = async (count: number): Promise<Buffer> => {
    const bytes = await reader.exactly(count);
    if (bytes === undefined) throw damaged(what, 'it is cut short');
    return bytes;
  };
  const descriptor = await take(1);
  const flags = descriptor.readUInt8();
  const fields = await take(headerFieldsLength(flags));
  checkHeader(flags, fields, what);
  let pending: Buffer[] = [magic, descriptor, fields];
  let pendingLength = 0;
  for (let last = false; !last; ) {
    const head = await take(3);
    const block = head.readUIntLE(0, 3);
    last = (block & 1) === 1;
    const type = (block >> 1) & 3;
    if (type === 3) throw damaged(what, 'it has a block of a reserved type');
    const content = await take(type === 1 ? 1 : block >> 3);
    pending.push(head, content);
    pendingLength += 3 + content.length;
    if (pendingLength >= PIECE) {
      yield Buffer.concat(pending);
      pending = [];
      pendingLength = 0;
    }
  }
  if ((flags & 0x04) !== 0) pending.push(await take(4));
  if (pending.length > 0) yield Buffer.concat(pending);
}

function isSingleSegment(flags: number): boolean {
  return (flags & 0x20) !== 0;
}

function contentSizeLength(flags: number): number {
  const length = [0, 2, 4, 8][flags >> 6] ?? 0;
  return length === 0 && isSingleSegment(flags) ? 1 : length;
}

function dictionaryLength(flags: number): number {
  return [0, 1, 2, 4][flags & 3] ?? 0;
}

function headerFieldsLength(flags: number): number {
  return (isSingleSegment(flags) ? 0 : 1) + dictionaryLength(flags) + contentSizeLength(flags);
}

function checkHeader(flags: number, fields: Buffer, what: string): void {
  const dictionaryAt = isSingleSegment(flags) ? 0 : 1;
  const sizeAt = dictionaryAt + dictionaryLength(flags);
  if (fields.subarray(dictionaryAt, sizeAt).some((byte) => byte !== 0)) throw damaged(what, 'it needs a dictionary');
  const window = isSingleSegment(flags) ? contentSize(fields.subarray(sizeAt)) : windowSize(fields.readUInt8());
  if (window > MAX_WINDOW) throw damaged(what, `it needs a window of ${window} bytes and ${MAX_WINDOW} are allowed`);
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(field: Buffer): number {
  if (field.length === 8) return Number(field.readBigUInt64LE());
  return field.readUIntLE(0, field.length) + (field.length === 2 ? 256 : 0);
}

function damaged(what: string, why: string): MirrorError {
  return new MirrorError('DECOMPRESS_FAILED', `${what} cannot be decompressed as zst: ${why}`);
}
