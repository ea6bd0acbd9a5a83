import { describe, expect, it } from 'vitest';
import { textBlocks } from '../../src/codec/text-blocks.ts';
import { indexText, pieces } from './streams.ts';

const SIZES = { least: 4000, most: 12_000 };

async function blocksOf(
  text: Uint8Array,
  options: { pieceSize?: number; separator?: string; toldByFirstLine?: boolean; sizes?: typeof SIZES } = {},
): Promise<Buffer[]> {
  const { pieceSize = 1000, separator = '\n\n', toldByFirstLine, sizes = SIZES } = options;
  const blocks: Buffer[] = [];
  for await (const block of textBlocks(pieces(text, pieceSize), { separator, toldByFirstLine, sizes })) blocks.push(block);
  return blocks;
}

describe('codec/text-blocks', () => {
  const text = indexText(5000);

  it('cuts a text between its records, into blocks of bounded size', async () => {
    const blocks = await blocksOf(text);
    expect(Buffer.concat(blocks).equals(text)).toBe(true);
    for (const block of blocks.slice(0, -1)) {
      expect(block.length).toBeGreaterThanOrEqual(SIZES.least);
      expect(block.length).toBeLessThanOrEqual(SIZES.most);
      expect(block.toString('latin1')).toMatch(/^Package: .*\n\n$/s);
    }
  });

  it('cuts alike however the text arrives', async () => {
    const wanted = await blocksOf(text);
    for (const pieceSize of [1, 777, 12_255, 12_256, 12_257, 100_000, text.length]) {
      const blocks = await blocksOf(text, { pieceSize });
      expect(blocks.map(String)).toEqual(wanted.map(String));
    }
  });

  it('leaves nearly all blocks as they are when records are added, changed or removed', async () => {
    const before = new Set((await blocksOf(text)).map(String));
    const middle = text.indexOf('\n\n', text.length / 2) + 2;
    const next = text.indexOf('\n\n', middle) + 2;
    const variants = {
      added: Buffer.concat([text.subarray(0, middle), Buffer.from('Package: new\nVersion: 1\n\n'), text.subarray(middle)]),
      changed: Buffer.concat([text.subarray(0, middle), Buffer.from('Package: new\nVersion: 1\n\n'), text.subarray(next)]),
      removed: Buffer.concat([text.subarray(0, middle), text.subarray(next)]),
    };
    for (const [what, variant] of Object.entries(variants)) {
      const changed = (await blocksOf(variant)).filter((block) => !before.has(block.toString()));
      expect(changed.length, what).toBeGreaterThan(0);
      expect(changed.length, what).toBeLessThanOrEqual(3);
    }
  });

  it('tells records apart by more than their first line where that is always the same', async () => {
    const record = (index: number): string => `<package>\n <name>name-${index}</name>\n${' <file/>\n'.repeat(index % 7)}</package>\n`;
    const before = Buffer.from(Array.from({ length: 4000 }, (_, index) => record(index)).join(''));
    const after = Buffer.concat([Buffer.from(record(9999)), before]);
    const shape = { separator: '</package>\n', toldByFirstLine: false };
    const known = new Set((await blocksOf(before, shape)).map(String));
    const blocks = await blocksOf(after, shape);
    expect(blocks.length).toBeGreaterThan(20);
    expect(blocks.filter((block) => !known.has(block.toString())).length).toBeLessThanOrEqual(3);
  });

  it('cuts texts of lines, and records that are longer than a block', async () => {
    const lines = Buffer.from(
      Array.from({ length: 2000 }, (_, index) => `usr/share/doc/file-${index}  section/package-${index % 90}\n`).join(''),
    );
    const blocks = await blocksOf(lines, { separator: '\n' });
    expect(Buffer.concat(blocks).equals(lines)).toBe(true);
    expect(blocks.every((block) => block.at(-1) === 0x0a && block.length <= SIZES.most)).toBe(true);
    const long = Buffer.alloc(30_000, 'a');
    expect((await blocksOf(long)).map((block) => block.length)).toEqual([12_000, 12_000, 6000]);
  });

  it('makes no block of nothing, and one of little', async () => {
    expect(await blocksOf(Buffer.alloc(0))).toEqual([]);
    expect((await blocksOf(Buffer.from('Package: a\n\n'))).map(String)).toEqual(['Package: a\n\n']);
  });
});
