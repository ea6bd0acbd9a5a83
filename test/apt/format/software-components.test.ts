import { describe, expect, it } from 'vitest';
import { readSoftwareComponents } from '../../../src/apt/format/software-components.ts';
import { recordsOf } from './records-of.ts';

async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = (text: string, size = 1000) => recordsOf(readSoftwareComponents(pieces(text, size), 'Components'));

const HEAD = "---\nFile: DEP-11\nVersion: '1.0'\nOrigin: test\n";
const ONE = '---\nType: desktop-application\nID: one\nPackage: one\nDescription:\n  C: >-\n    ---\n    Package: not-this\n';
const TWO = '---\nType: font\nPackage: "two"\n';

describe('apt/format/software-components', () => {
  it.each([1, 5, 1000])('cuts documents, byte for byte, in pieces of %i', async (size) => {
    const records = await read(HEAD + ONE + TWO, size);
    expect(records.map(({ key, bytes }) => [key, String(bytes)])).toEqual([
      [undefined, HEAD],
      ['one', ONE],
      ['two', TWO],
    ]);
  });

  it('cuts many documents that do not fit into one block', async () => {
    const text = HEAD + Array.from({ length: 30_000 }, (_, index) => `---\nPackage: p${index}\nName: ${'x'.repeat(80)}\n`).join('');
    const records = await read(text, 65_536);
    expect(records).toHaveLength(30_001);
    expect(Buffer.concat(records.map(({ bytes }) => bytes)).toString()).toBe(text);
  });

  it('ends the last document where the file does not', async () => {
    expect(String((await read(TWO.trimEnd()))[0]?.bytes)).toBe(TWO);
    expect(await read('')).toEqual([]);
  });

  it('refuses a document of no package', async () => {
    await expect(read(`${HEAD}---\nType: font\n`)).rejects.toMatchObject({ code: 'METADATA_INVALID' });
  });

  it('refuses a document of a million line breaks as quickly as any', async () => {
    await expect(read(`${HEAD}---\n${'\n'.repeat(1_000_000)}x\n---\n`, 65_536)).rejects.toMatchObject({ code: 'METADATA_INVALID' });
    expect(await read(`${HEAD}---\n${'\n'.repeat(1_000_000)}...\n`, 65_536)).toHaveLength(1);
  });
});
