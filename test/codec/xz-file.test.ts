import { describe, expect, it } from 'vitest';
import { collect } from '../../src/codec/decompress.ts';
import { blockOfXzStream, type XzBlock, xzFile } from '../../src/codec/xz-file.ts';
import { describeWithTools } from '../support/requirements.ts';
import { filter, indexText } from './streams.ts';

async function fileOf(blocks: readonly XzBlock[]): Promise<Buffer> {
  async function* each(): AsyncGenerator<XzBlock> {
    yield* blocks;
  }
  return await collect(xzFile(each()), 1 << 30, 'x');
}

describe('codec/xz-file', () => {
  describeWithTools(['xz'], 'with the real tool', () => {
    const pack = (bytes: Uint8Array, ...options: readonly string[]): Buffer => filter(['xz', '-1', '-c', ...options], bytes);

    it('makes one stream with the blocks of many', async () => {
      const parts = [
        indexText(10),
        ...Array.from({ length: 300 }, (_, index) => Buffer.alloc((index + 1) * 50, index)),
        Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919 * (index % 13)) % 251)),
        indexText(5000),
      ];
      const file = await fileOf(parts.map((part) => ({ packed: blockOfXzStream(pack(part)), plainSize: part.length })));
      expect(filter(['xz', '-dc'], file).equals(Buffer.concat(parts))).toBe(true);
    });

    it('makes an empty file of no blocks', async () => {
      expect(filter(['xz', '-dc'], await fileOf([])).length).toBe(0);
    });

    it('refuses what is not one block with the usual check', () => {
      const text = indexText(1000);
      expect(() => blockOfXzStream(pack(text, '--check=crc32'))).toThrow('CRC64');
      expect(() => blockOfXzStream(pack(text, '--block-size=10000'))).toThrow('one block');
      expect(() => blockOfXzStream(Buffer.from('not xz at all, but long enough to be read'))).toThrow('CRC64');
    });
  });
});
