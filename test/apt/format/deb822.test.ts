import { describe, expect, it } from 'vitest';
import { parseStanzas, readStanzas } from '../../../src/apt/format/deb822.ts';
import type { Stanza } from '../../../src/apt/format/stanza.ts';
import { LIMITS } from '../../../src/core/limits.ts';

const parse = (text: string, comments = false): Stanza[] => [...parseStanzas(Buffer.from(text), 'test', { comments })];

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

describe('apt/format/deb822', () => {
  it('cuts a file into stanzas and keeps their exact bytes', () => {
    const stanzas = parse('\n\nPackage: a\nVersion:  1 \n\n\n\nPackage: b\nDescription: x\n y\n .\n z\n');
    expect(stanzas.map((stanza) => stanza.bytes.toString())).toEqual([
      'Package: a\nVersion:  1 ',
      'Package: b\nDescription: x\n y\n .\n z',
    ]);
    expect(stanzas.map((stanza) => stanza.line)).toEqual([3, 8]);
  });

  it('takes line breaks of either kind, a last line without one, and a value with colons', () => {
    const stanzas = parse('A: 1\r\nB: x:y\r\n\r\nA: 2');
    expect(stanzas.map((stanza) => [stanza.get('A'), stanza.get('B')])).toEqual([
      ['1', 'x:y'],
      ['2', undefined],
    ]);
  });

  it('continues a stanza over a line of blanks, as apt does', () => {
    expect(parse('A: 1\n \nB: 2\n').map((stanza) => stanza.get('B'))).toEqual(['2']);
  });

  it('passes over comments only where they are allowed', () => {
    const text = '# first\n\nA: 1\n# between\n two\n#B: no\nC: 3\n# last\n';
    const [stanza, ...others] = parse(text, true);
    expect(others).toEqual([]);
    expect([stanza?.get('A'), stanza?.get('B'), stanza?.get('C')]).toEqual(['1\n two', undefined, '3']);
    expect(() => parse('A: 1\n# no\n')).toThrow(/test, line 2 is not of the form/);
  });

  it.each([
    ['no colon', 'A: 1\n\nB: 2\nnonsense\n', 4],
    ['no name', ': 1\n', 1],
    ['blank in the name', 'A b: 1\n', 1],
    ['control character in the name', 'A: 1\nB\u0000: 1\n', 2],
    ['a comment that looks like a field', 'A: 1\n#B: 2\n', 2],
    ['a NUL', 'A: 1\n\nB: 2\n x\0\n', 3],
    ['not ASCII in the name', 'Ä: 1\n', 1],
    ['a continuation of nothing', '\n x\n', 2],
  ])('refuses %s, with the line', (_name, text, line) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'METADATA_INVALID', details: { line } }));
  });

  it('refuses a stanza over the ceiling, whole or streamed', async () => {
    const bytes = Buffer.alloc(LIMITS.record + 10, 'A: aaaaaaa\n');
    expect(() => [...parseStanzas(bytes, 'test')]).toThrow(expect.objectContaining({ code: 'METADATA_INVALID' }));
    const drain = async (): Promise<void> => {
      for await (const batch of readStanzas(chunks(bytes, 1024 * 1024), 'test')) expect(batch).toEqual([]);
    };
    await expect(drain()).rejects.toMatchObject({ code: 'METADATA_INVALID' });
  });

  it('gives the same stanzas and lines for a stream in pieces of any size', async () => {
    const text = Array.from(
      { length: 40_000 },
      (_, index) => `Package: p${index}\nDescription: x\n line\n${'\n'.repeat((index % 3) + 1)}`,
    ).join('');
    const bytes = Buffer.from(text);
    const whole = [...parseStanzas(bytes, 'test')];
    expect(whole).toHaveLength(40_000);
    for (const size of [65_536, 999_983]) {
      const streamed: Stanza[] = [];
      for await (const batch of readStanzas(chunks(bytes, size), 'test')) streamed.push(...batch);
      expect(streamed.map((stanza) => stanza.line)).toEqual(whole.map((stanza) => stanza.line));
      expect(streamed.every((stanza, index) => whole[index]?.bytes.equals(stanza.bytes))).toBe(true);
    }
  });

  it('gives nothing for an empty file', async () => {
    expect(parse('')).toEqual([]);
    expect(await readStanzas(chunks(Buffer.alloc(0), 1), 'test').next()).toMatchObject({ value: [] });
  });
});
