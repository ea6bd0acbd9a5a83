import { describe, expect, it } from 'vitest';
import { BLOCK_FORMATS, type BlockCompression } from '../../src/codec/block-formats.ts';
import { collect, decompress } from '../../src/codec/decompress.ts';
import { packText } from '../../src/codec/pack-text.ts';
import { indexText, pieces } from './streams.ts';

const ALL = ['none', 'gz', 'xz', 'zst'] as const;
const SEPARATOR = { separator: '\n\n' };
const text = indexText(40_000);

async function packed(
  size?: number,
  pack?: (compression: BlockCompression, block: Buffer) => Promise<Buffer>,
): Promise<Map<string, Buffer>> {
  const write = (_: string, bytes: AsyncIterable<Buffer>): Promise<Buffer> => collect(bytes, 1 << 30, 'x');
  return await packText(pieces(text, size), { ...SEPARATOR, compressions: ALL, write, pack });
}

describe('codec/pack-text', () => {
  it('writes a text in several compressions, each the same every time', async () => {
    const files = await packed();
    expect([...files.keys()]).toEqual([...ALL]);
    for (const [compression, file] of files) {
      const source = pieces(file);
      const limit = { maxSize: 1 << 30, what: 'x' };
      const back = await collect(decompress(source, compression as BlockCompression, limit), 1 << 30, 'x');
      expect(back.equals(text), compression).toBe(true);
    }
    const again = await packed(100_001);
    for (const [compression, file] of files) expect(again.get(compression)?.equals(file), compression).toBe(true);
  });

  it('asks for each block once in each form, and takes what it is given', async () => {
    const asked: string[] = [];
    const files = await packed(undefined, async (compression, block) => {
      asked.push(compression);
      return await BLOCK_FORMATS[compression].pack(block);
    });
    expect(asked.filter((compression) => compression === 'xz').length).toBeGreaterThan(2);
    expect(asked.length % ALL.length).toBe(0);
    expect(files.get('xz')?.equals((await packed()).get('xz') ?? Buffer.alloc(0))).toBe(true);
  });

  it('fails when the text, a compressor or a writer fails, and leaves nobody waiting', async () => {
    const failure = new Error('no more');
    const write = (_: string, bytes: AsyncIterable<Buffer>): Promise<Buffer> => collect(bytes, 1 << 30, 'x');
    async function* failing(): AsyncGenerator<Buffer> {
      yield text;
      throw failure;
    }
    await expect(packText(failing(), { ...SEPARATOR, compressions: ALL, write })).rejects.toBe(failure);
    await expect(
      packText(pieces(text), {
        ...SEPARATOR,
        compressions: ALL,
        write,
        pack: async (compression, block) => {
          if (compression === 'xz') throw failure;
          return block;
        },
      }),
    ).rejects.toBe(failure);
    const writers = [
      async () => Promise.reject(failure),
      async (bytes: AsyncIterable<Buffer>) => {
        for await (const _ of bytes) throw failure;
        return Buffer.alloc(0);
      },
    ];
    for (const writer of writers) {
      const packing = packText(pieces(text), {
        ...SEPARATOR,
        compressions: ALL,
        write: (compression, bytes) => (compression === 'gz' ? writer(bytes) : write(compression, bytes)),
      });
      await expect(packing).rejects.toBe(failure);
    }
  });
});
