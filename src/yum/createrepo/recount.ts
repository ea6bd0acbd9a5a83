import { createReadStream } from 'node:fs';
import { BLOCK_FORMATS, type PackedBlock } from '../../codec/block-formats.ts';
import { createByteReader } from '../../codec/byte-reader.ts';
import { MirrorError } from '../../core/errors.ts';
import type { ElementSettings } from './segment.ts';

export interface WrittenDocument {
  readonly path: string;
  /** What stands before the first segment. */
  readonly head: string;
  /** Of the text of each segment, in bytes. */
  readonly sizes: readonly number[];
  /** Names it in errors. */
  readonly what: string;
}

/**
 * The segments of a document again that was written with a number of packages that turned out wrong: what stands before
 * them is part of the checksum, which so has to be computed anew.
 */
export async function* recount(
  { path, head, sizes, what }: WrittenDocument,
  { compression }: ElementSettings,
): AsyncGenerator<PackedBlock> {
  const { decompress } = await import('../../codec/decompress.ts');
  const limit = sizes.reduce((sum, size) => sum + size, 2 * head.length);
  const reader = createByteReader(decompress(createReadStream(path), compression, { maxSize: limit, what }));
  try {
    await reader.exactly(Buffer.byteLength(head));
    for (const size of sizes) {
      const plain = await reader.exactly(size);
      if (plain === undefined) throw new MirrorError('DECOMPRESS_FAILED', `${what} ends early`);
      yield { plain, packed: await BLOCK_FORMATS[compression].pack(plain) };
    }
  } finally {
    await reader.release();
  }
}
