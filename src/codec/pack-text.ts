import { hash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import PQueue from 'p-queue';
import type { BlockCache, PlacedBlock } from './block-cache.ts';
import { BLOCK_FORMATS, type BlockCompression, type BlockFormat, type PackedBlock } from './block-formats.ts';
import { fanOut } from './fan-out.ts';
import { type RecordShape, textBlocks } from './text-blocks.ts';

/** How many blocks are on their way at once: what bounds the memory, and keeps the processors busy. */
const AHEAD = 2;

/** Each compressor takes 10 to 40 MB while it works. */
const packing = new PQueue({ concurrency: availableParallelism() });

/** Blocks end between records. */
export interface PackTextOptions<C extends BlockCompression, R> extends RecordShape {
  readonly compressions: readonly C[];
  /** Takes the bytes of one file. Called once for each compression, all at the same time. */
  write(compression: C, bytes: AsyncIterable<Buffer>): Promise<R>;
  /** Where blocks are looked for before they are packed. */
  readonly cache?: BlockCache<R> | undefined;
}

/** A block in every form, or on its way to it. */
interface Block {
  readonly plain: Buffer;
  readonly forms: readonly Form[];
}

interface Form {
  /** Undefined for what is not packed. */
  readonly key: Buffer | undefined;
  readonly packed: Promise<Buffer>;
}

/**
 * Writes a text in several compressions at once. The files are functions of the text alone. The text is read once, and no faster than the
 * slowest of the files is written; its blocks are packed side by side off the main thread. Throws what the text and the writers throw,
 * when all have ended.
 */
export async function packText<C extends BlockCompression, R>(
  text: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { separator, toldByFirstLine, compressions, write, cache }: PackTextOptions<C, R>,
): Promise<Map<C, R>> {
  async function* blocks(): AsyncGenerator<Block> {
    for await (const plain of textBlocks(text, { separator, toldByFirstLine })) yield { plain, forms: formsOf(plain, compressions, cache) };
  }
  const readers = fanOut(blocks(), { readers: compressions.length, ahead: AHEAD });
  const written = await Promise.allSettled(
    compressions.map(async (compression, index): Promise<[C, R]> => {
      const reader = readers[index];
      if (reader === undefined) throw new Error('there are as many readers as compressions');
      const placed: PlacedBlock[] = [];
      try {
        const format = BLOCK_FORMATS[compression];
        const result = await write(compression, format.file(oneForm(reader, index, (block) => placed.push(block), format.head)));
        cache?.add(result, placed);
        return [compression, result];
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

/** Begins to pack a block, in each form that was not packed before. */
function formsOf<R>(plain: Buffer, compressions: readonly BlockCompression[], cache: BlockCache<R> | undefined): Form[] {
  const digest = cache === undefined ? undefined : hash('sha256', plain);
  return compressions.map((compression) => {
    const format = BLOCK_FORMATS[compression];
    const key = digest === undefined || compression === 'none' ? undefined : hash('sha256', `${format.identity}\n${digest}`, 'buffer');
    const known = key === undefined ? undefined : cache?.find(key);
    const packed = known === undefined ? pack(format, plain) : known.then((found) => found ?? pack(format, plain));
    // Whoever waits for a block sees its failure; some are not waited for any more after another has failed.
    packed.catch(() => undefined);
    return { key, packed };
  });
}

function pack(format: BlockFormat, block: Buffer): Promise<Buffer> {
  return packing.add(() => format.pack(block));
}

/** @param placed is told where each block stands that can be found again. */
async function* oneForm(
  blocks: AsyncIterable<Block>,
  index: number,
  placed: (block: PlacedBlock) => void,
  head: number,
): AsyncGenerator<PackedBlock> {
  let position = head;
  for await (const { plain, forms } of blocks) {
    const form = forms[index];
    const packed = (await form?.packed) ?? plain;
    if (form?.key !== undefined) placed({ key: form.key, position, length: packed.length, digest: hash('sha256', packed, 'buffer') });
    position += packed.length;
    yield { plain, packed };
  }
}
