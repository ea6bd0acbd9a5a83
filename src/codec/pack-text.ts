import { BLOCK_FORMATS, type BlockCompression, type PackedBlock } from './block-formats.ts';
import { fanOut } from './fan-out.ts';
import { textBlocks } from './text-blocks.ts';

/** How many blocks are on their way at once: what bounds the memory, and keeps the processors busy. */
const AHEAD = 2;

export interface PackTextOptions<C extends BlockCompression, R> {
  /** What stands between two records: an empty line (`\n\n`) between stanzas, `\n` between lines. Blocks end there. */
  readonly separator: string;
  readonly compressions: readonly C[];
  /** Takes the bytes of one file. Called once for each compression, all at the same time. */
  write(compression: C, bytes: AsyncIterable<Buffer>): Promise<R>;
  /** Packs a block, or finds what it was packed to before. */
  readonly pack?: ((compression: C, block: Buffer) => Promise<Buffer>) | undefined;
}

/** A block in every form, or on its way to it. */
interface Block {
  readonly plain: Buffer;
  readonly packed: readonly Promise<Buffer>[];
}

/**
 * Writes a text in several compressions at once. The files are functions of the text alone. The text is read once, and no faster than the
 * slowest of the files is written; its blocks are packed side by side off the main thread. Throws what the text and the writers throw,
 * when all have ended.
 */
export async function packText<C extends BlockCompression, R>(
  text: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { separator, compressions, write, pack = packBlock }: PackTextOptions<C, R>,
): Promise<Map<C, R>> {
  async function* blocks(): AsyncGenerator<Block> {
    for await (const plain of textBlocks(text, { separator })) {
      const packed = compressions.map((compression) => pack(compression, plain));
      // Whoever waits for a block sees its failure; some are not waited for any more after another has failed.
      for (const one of packed) one.catch(() => undefined);
      yield { plain, packed };
    }
  }
  const readers = fanOut(blocks(), { readers: compressions.length, ahead: AHEAD });
  const written = await Promise.allSettled(
    compressions.map(async (compression, index): Promise<[C, R]> => {
      const reader = readers[index];
      if (reader === undefined) throw new Error('there are as many readers as compressions');
      try {
        return [compression, await write(compression, BLOCK_FORMATS[compression].file(oneForm(reader, index)))];
      } finally {
        await reader.return();
      }
    }),
  );
  const results = new Map<C, R>();
  for (const result of written) {
    if (result.status === 'rejected') throw result.reason;
    results.set(...result.value);
  }
  return results;
}

function packBlock(compression: BlockCompression, block: Buffer): Promise<Buffer> {
  return BLOCK_FORMATS[compression].pack(block);
}

async function* oneForm(blocks: AsyncIterable<Block>, index: number): AsyncGenerator<PackedBlock> {
  for await (const { plain, packed } of blocks) yield { plain, packed: (await packed[index]) ?? plain };
}
