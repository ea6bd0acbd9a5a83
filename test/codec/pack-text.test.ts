import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { BlockCache } from '../../src/codec/block-cache.ts';
import type { BlockCompression } from '../../src/codec/block-formats.ts';
import { collect, decompress } from '../../src/codec/decompress.ts';
import { packText } from '../../src/codec/pack-text.ts';
import { indexText, pieces } from './streams.ts';

const ALL = ['none', 'gz', 'xz', 'zst'] as const;
const SEPARATOR = { separator: '\n\n' };
const text = indexText(40_000);

const whole = (bytes: AsyncIterable<Buffer>): Promise<Buffer> => collect(bytes, 1 << 30, 'x');

async function packed(source: Uint8Array, options: { size?: number; cache?: BlockCache<Buffer> } = {}): Promise<Map<string, Buffer>> {
  const write = (_: string, bytes: AsyncIterable<Buffer>): Promise<Buffer> => whole(bytes);
  return await packText(pieces(source, options.size), { ...SEPARATOR, compressions: ALL, write, cache: options.cache });
}

/** Takes blocks out of the files that were written, as one that reads them from the pool would. */
function cacheInMemory() {
  const known = new Map<string, Buffer>();
  const counts = { found: 0, missed: 0 };
  const cache: BlockCache<Buffer> = {
    async find(key) {
      const packedBlock = known.get(key.toString('hex'));
      counts[packedBlock === undefined ? 'missed' : 'found'] += 1;
      return packedBlock;
    },
    add(file, blocks) {
      for (const { key, position, length, digest } of blocks) {
        const bytes = file.subarray(position, position + length);
        expect(hash('sha256', bytes, 'buffer').equals(digest)).toBe(true);
        known.set(key.toString('hex'), bytes);
      }
    },
  };
  return { cache, counts, known };
}

describe('codec/pack-text', () => {
  it('writes a text in several compressions, each the same every time', async () => {
    const files = await packed(text);
    expect([...files.keys()]).toEqual([...ALL]);
    for (const [compression, file] of files) {
      const source = pieces(file);
      const limit = { maxSize: 1 << 30, what: 'x' };
      const back = await collect(decompress(source, compression as BlockCompression, limit), 1 << 30, 'x');
      expect(back.equals(text), compression).toBe(true);
    }
    const again = await packed(text, { size: 100_001 });
    for (const [compression, file] of files) expect(again.get(compression)?.equals(file), compression).toBe(true);
  });

  it('packs only blocks that were not packed before, and writes the same as without that', async () => {
    const { cache, counts, known } = cacheInMemory();
    await packed(text, { cache });
    const blocks = known.size / 3;
    expect(blocks).toBeGreaterThan(2);
    expect(counts).toEqual({ found: 0, missed: 3 * blocks });
    const middle = text.indexOf('\n\n', text.length / 2) + 2;
    const changed = Buffer.concat([text.subarray(0, middle), Buffer.from('Package: new\n\n'), text.subarray(middle)]);
    const files = await packed(changed, { cache });
    expect(counts).toEqual({ found: 3 * (blocks - 1), missed: 3 * blocks + 3 });
    for (const [compression, file] of await packed(changed)) expect(files.get(compression)?.equals(file), compression).toBe(true);
  });

  it('fails when the text, the cache or a writer fails, and leaves nobody waiting', async () => {
    const failure = new Error('no more');
    const write = (_: string, bytes: AsyncIterable<Buffer>): Promise<Buffer> => whole(bytes);
    async function* failing(): AsyncGenerator<Buffer> {
      yield text;
      throw failure;
    }
    await expect(packText(failing(), { ...SEPARATOR, compressions: ALL, write })).rejects.toBe(failure);
    const { cache } = cacheInMemory();
    await expect(packed(text, { cache: { ...cache, find: () => Promise.reject(failure) } })).rejects.toBe(failure);
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
