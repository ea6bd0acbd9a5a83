import { MirrorError } from '../core/errors.ts';
import { createByteReader } from './byte-reader.ts';
import { MAX_DICTIONARY } from './xz-blocks.ts';

/** Properties, the size of the dictionary, and the size of the content. */
const HEADER = 13;
const PIECE = 64 * 1024;

/** The bytes of an LZMA_alone file as they are; DECOMPRESS_FAILED when it asks for a dictionary that memory has no room for. */
export async function* boundedLzma(source: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Buffer> {
  const reader = createByteReader(source);
  const damaged = (why: string): MirrorError => new MirrorError('DECOMPRESS_FAILED', `${what} cannot be decompressed as lzma: ${why}`);
  try {
    const header = await reader.exactly(HEADER);
    if (header === undefined) throw damaged('it is cut short');
    const dictionary = header.readUInt32LE(1);
    if (dictionary > MAX_DICTIONARY) throw damaged(`it needs a dictionary of ${dictionary} bytes and ${MAX_DICTIONARY} are allowed`);
    yield header;
    for (let piece = await reader.some(PIECE); piece !== undefined; piece = await reader.some(PIECE)) yield piece;
  } finally {
    await reader.release();
  }
}
