import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAr } from '../../src/codec/ar.ts';
import { collect } from '../../src/codec/decompress.ts';
import { describeWithTools } from '../support/requirements.ts';
import { archive, member } from './ar-archive.ts';
import { pieces } from './streams.ts';

async function members(bytes: Uint8Array, size?: number): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const { name, content } of readAr(pieces(bytes, size), 'the file'))
    found.push([name, (await collect(content, 1 << 20, 'x')).toString()]);
  return found;
}

describe('codec/ar', () => {
  it('gives each member with its bytes, however they arrive', async () => {
    const bytes = archive(member('a', 'one'), member('b', ''), member('c', 'four'));
    const expected = [
      ['a', 'one'],
      ['b', ''],
      ['c', 'four'],
    ];
    expect(await members(bytes)).toEqual(expected);
    expect(await members(bytes, 1)).toEqual(expected);
  });

  it('passes over what is not read of a member', async () => {
    const names: string[] = [];
    const bytes = archive(member('a', 'one'), member('b', 'x'.repeat(100)), member('c', 'y'));
    for await (const { name, content } of readAr(pieces(bytes, 7), 'x')) {
      names.push(name);
      if (name === 'b') for await (const piece of content) if (piece.length > 0) break;
    }
    expect(names).toEqual(['a', 'b', 'c']);
  });

  it('ends its source when the reader stops early', async () => {
    let ended = false;
    const source = pieces(archive(member('a', 'one'), member('b', 'two')), 64, () => {
      ended = true;
    });
    for await (const { name } of readAr(source, 'x')) if (name === 'a') break;
    expect(ended).toBe(true);
  });

  it('takes a name with a slash at its end, and a last member without its padding', async () => {
    const bytes = archive(member('a/', 'one'));
    expect(await members(bytes.subarray(0, bytes.length - 1))).toEqual([['a', 'one']]);
  });

  it.each([
    ['another file', Buffer.from('!<thin>\nabc'), 'the file is not an ar archive'],
    ['an empty file', Buffer.alloc(0), 'the file is not an ar archive'],
    ['a cut header', archive(member('a', 'abcd')).subarray(0, 30), 'the file is cut short in the header of a member'],
    ['a cut member', archive(member('a', 'abcd')).subarray(0, 8 + 60 + 2), '2 of the 4 bytes of a member are missing'],
    ['a huge size', archive(member('a', 'abcd', '9999999999')), '9999999995 of the 9999999999 bytes of a member are missing'],
    ['a size that is none', archive(member('a', 'abcd', '-4')), 'a member "a" whose size is "-4"'],
    ['bytes between members', Buffer.concat([archive(member('a', 'abcd')), Buffer.alloc(60)]), 'no header of a member where one should be'],
    ['too many members', archive(...Array.from({ length: 1001 }, () => member('a', ''))), 'more than 1000 members'],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(members(bytes)).rejects.toMatchObject({ code: 'METADATA_INVALID', message: expect.stringContaining(message) });
  });

  describeWithTools(['ar'], 'with the real ar', () => {
    let directory: string;
    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'mirror-ar-'));
    });
    afterAll(() => rmSync(directory, { recursive: true }));

    it('reads what it writes', async () => {
      writeFileSync(join(directory, 'one'), 'odd');
      writeFileSync(join(directory, 'two'), 'even');
      execFileSync('ar', ['rcS', 'x.a', 'one', 'two'], { cwd: directory });
      expect(await members(readFileSync(join(directory, 'x.a')))).toEqual([
        ['one', 'odd'],
        ['two', 'even'],
      ]);
    });
  });
});
