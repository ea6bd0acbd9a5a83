import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BLOCK_FORMATS, type PackedBlock } from '../../../src/codec/block-formats.ts';
import { blocksOfGzip, inflateBlock } from '../../../src/yum/createrepo/old-blocks.ts';

async function fileOf(texts: readonly string[]): Promise<Buffer> {
  async function* blocks(): AsyncGenerator<PackedBlock> {
    for (const text of texts) {
      const plain = Buffer.from(text);
      yield { plain, packed: await BLOCK_FORMATS.gz.pack(plain) };
    }
  }
  const pieces: Buffer[] = [];
  for await (const piece of BLOCK_FORMATS.gz.file(blocks())) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('yum/createrepo/old-blocks', () => {
  it('finds the blocks of a file again, whatever their length', async () => {
    // Of many lengths: zlib flushes twice where what it packs just fills its buffer.
    const random = (length: number, seed: number): string =>
      Array.from({ length }, (_, index) => String.fromCharCode(33 + ((index * index * seed + (index % 7) * 31 + seed) % 90))).join('');
    const texts = Array.from({ length: 400 }, (_, index) => random(60 * index + 1, index + 3));
    const file = await fileOf(texts);
    expect(gunzipSync(file).toString()).toBe(texts.join(''));
    expect(blocksOfGzip(file)?.map((block) => inflateBlock(block).toString())).toEqual(texts);
  });

  it('does not take other files for its own', async () => {
    expect(blocksOfGzip(gzipSync('a'.repeat(100_000)))).toBeUndefined();
    expect(blocksOfGzip(Buffer.alloc(0))).toBeUndefined();
    const file = await fileOf(['one', 'two']);
    expect(blocksOfGzip(file.subarray(0, -1))).toBeUndefined();
  });
});
