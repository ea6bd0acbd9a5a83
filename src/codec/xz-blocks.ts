import { MirrorError } from '../core/errors.ts';
import { type ByteReader, createByteReader } from './byte-reader.ts';

const STREAM_MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
const STREAM_HEADER = 12;
const STREAM_FOOTER = 12;
const LZMA2 = 0x21;
/** Bytes of the check at the end of each block, by its number in the stream header. */
const CHECK_SIZES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];
/** Each costs a fresh decoder. What xz writes has one for some MiB. */
const MAX_BLOCKS = 100_000;
const PIECE = 64 * 1024;

/** What the largest dictionary takes that the xz tool's own presets ask for is 64 MiB; a decoder holds all of what it is asked for. */
export const MAX_DICTIONARY = 128 * 1024 * 1024;

/**
 * The bytes of an xz file as they are, held to a dictionary that memory has room for (.xz file format 1.2.1): a decoder keeps as much of what it
 * gives as the file asks for, up to 4 GiB. DECOMPRESS_FAILED when a block asks for more, or the file is not made of streams of blocks.
 */
export async function* boundedXz(source: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Buffer> {
  const reader = createByteReader(source);
  try {
    yield* new Passage(reader, what).streams();
  } finally {
    await reader.release();
  }
}

/** Takes a file apart and gives on all of it. */
class Passage {
  readonly #reader: ByteReader;
  readonly #what: string;
  #pending: Buffer[] = [];
  #pendingLength = 0;
  #blocks = 0;

  constructor(reader: ByteReader, what: string) {
    this.#reader = reader;
    this.#what = what;
  }

  async *streams(): AsyncGenerator<Buffer> {
    for (let first = await this.#head(true); first !== undefined; first = await this.#head(false)) {
      // Between streams there may be zeros, four at a time.
      if (first.readUInt32LE() !== 0) yield* this.#stream(first);
    }
    yield* this.#flushed(0);
  }

  /** The next four bytes; undefined at the end of the file. */
  async #head(needed: boolean): Promise<Buffer | undefined> {
    const first = await this.#reader.some(1);
    if (first === undefined) {
      if (needed) throw this.#damaged('it is empty');
      return undefined;
    }
    const head = Buffer.concat([first, await this.#exactly(3)]);
    this.#pass(head);
    return head;
  }

  async *#stream(first: Buffer): AsyncGenerator<Buffer> {
    const header = Buffer.concat([first, await this.#take(STREAM_HEADER - first.length)]);
    if (!header.subarray(0, STREAM_MAGIC.length).equals(STREAM_MAGIC)) throw this.#damaged('there is no stream where one should begin');
    const checkSize = CHECK_SIZES[header.readUInt8(7) & 0x0f] ?? 0;
    let blocks = 0;
    for (let size = (await this.#take(1)).readUInt8(); size !== 0; size = (await this.#take(1)).readUInt8()) {
      blocks++;
      if (++this.#blocks > MAX_BLOCKS) throw this.#damaged(`it has more than ${MAX_BLOCKS} blocks`);
      this.#checkBlock(await this.#take(size * 4 + 3));
      const length = yield* this.#chunks();
      await this.#take(padding(length) + checkSize);
    }
    await this.#index(blocks);
    await this.#take(STREAM_FOOTER);
  }

  /** @param rest of the block header, after the byte with its size. */
  #checkBlock(rest: Buffer): void {
    const flags = rest.readUInt8(0);
    let at = 1;
    const number = (): number => {
      let value = 0;
      for (let weight = 1; ; weight *= 128) {
        const byte = rest[at++];
        if (byte === undefined || weight > 2 ** 56) throw this.#damaged('a block header is malformed');
        value += (byte & 0x7f) * weight;
        if (byte < 0x80) return value;
      }
    };
    if ((flags & 0x40) !== 0) number();
    if ((flags & 0x80) !== 0) number();
    let last = 0;
    let property: number | undefined;
    for (let filter = 0; filter <= (flags & 0x03); filter++) {
      last = number();
      const length = number();
      property = rest[at];
      at += length;
    }
    // The last filter is the one that compresses; there is no other kind than this.
    if (last !== LZMA2 || property === undefined) throw this.#damaged('a block is not LZMA2');
    const dictionary = dictionarySize(property);
    if (dictionary > MAX_DICTIONARY) throw this.#damaged(`it needs a dictionary of ${dictionary} bytes and ${MAX_DICTIONARY} are allowed`);
  }

  /** The LZMA2 chunks of a block; gives how many bytes they take. */
  async *#chunks(): AsyncGenerator<Buffer, number> {
    let length = 0;
    for (;;) {
      const control = (await this.#take(1)).readUInt8();
      if (control === 0) return length + 1;
      let size: number;
      if (control >= 0x80) {
        const head = await this.#take(control >= 0xc0 ? 5 : 4);
        size = head.readUInt16BE(2) + 1;
        length += 1 + head.length + size;
      } else {
        if (control > 2) throw this.#damaged('a chunk is malformed');
        size = (await this.#take(2)).readUInt16BE() + 1;
        length += 3 + size;
      }
      await this.#take(size);
      yield* this.#flushed(PIECE);
    }
  }

  /** The list of blocks, from after its first byte to its checksum. What it says is for the decoder to check. */
  async #index(blocks: number): Promise<void> {
    let length = 1;
    const number = async (): Promise<number> => {
      let value = 0;
      for (let weight = 1; ; weight *= 128) {
        const byte = (await this.#take(1)).readUInt8();
        length++;
        if (weight > 2 ** 56) throw this.#damaged('its index is malformed');
        value += (byte & 0x7f) * weight;
        if (byte < 0x80) return value;
      }
    };
    if ((await number()) !== blocks) throw this.#damaged('its index lists other blocks than there are');
    for (let index = 0; index < 2 * blocks; index++) await number();
    await this.#take(padding(length) + 4);
  }

  async #take(count: number): Promise<Buffer> {
    const bytes = await this.#exactly(count);
    this.#pass(bytes);
    return bytes;
  }

  async #exactly(count: number): Promise<Buffer> {
    const bytes = await this.#reader.exactly(count);
    if (bytes === undefined) throw this.#damaged('it is cut short');
    return bytes;
  }

  #pass(bytes: Buffer): void {
    this.#pending.push(bytes);
    this.#pendingLength += bytes.length;
  }

  /** What was taken, once there is as much of it. */
  *#flushed(enough: number): Generator<Buffer> {
    if (this.#pendingLength < enough || this.#pendingLength === 0) return;
    const bytes = Buffer.concat(this.#pending, this.#pendingLength);
    this.#pending = [];
    this.#pendingLength = 0;
    yield bytes;
  }

  #damaged(why: string): MirrorError {
    return new MirrorError('DECOMPRESS_FAILED', `${this.#what} cannot be decompressed as xz: ${why}`);
  }
}

function padding(length: number): number {
  return (4 - (length % 4)) % 4;
}

/** From the property byte of LZMA2: two or three times a power of two, in bytes. */
function dictionarySize(property: number): number {
  return (2 | (property & 1)) * 2 ** (Math.floor(property / 2) + 11);
}
