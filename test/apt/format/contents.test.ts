import { describe, expect, it } from 'vitest';
import { type ContentsLine, contentsOf, formatContentsLine, mergeContents, readContents } from '../../../src/apt/format/contents.ts';

async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function textOf(batches: AsyncIterable<readonly ContentsLine[]>): Promise<string> {
  let text = '';
  for await (const lines of batches) text += lines.map(formatContentsLine).join('');
  return Buffer.from(text, 'latin1').toString();
}

const wanted = (...names: readonly string[]) => {
  const set = new Set(names);
  return (name: string) => set.has(name);
};

const TABLE = `bin/ls                                utils/coreutils
etc/ä file with blanks  \tadmin/one,universe/net/two
usr/bin/two\tuniverse/net/two
usr/share/x plain
`;

describe('apt/format/contents', () => {
  it.each([1, 7, 10_000])('cuts lines to the packages that are wanted, read in pieces of %i bytes', async (size) => {
    expect(await textOf(readContents(pieces(TABLE, size), wanted('two', 'plain'), 'Contents'))).toBe(
      'etc/ä file with blanks  \tuniverse/net/two\nusr/bin/two\tuniverse/net/two\nusr/share/x plain\n',
    );
    expect(await textOf(readContents(pieces(TABLE, size), () => true, 'Contents'))).toBe(TABLE);
  });

  it('leaves out the text that old indexes begin with', async () => {
    const old = `This file maps each file available\nto a package.\n\nFILE                LOCATION\n${TABLE}`;
    expect(await textOf(readContents(pieces(old, 50), () => true, 'Contents'))).toBe(TABLE);
  });

  it('refuses a line without packages', async () => {
    await expect(textOf(readContents(pieces('a b/c\nnothing\n', 5), () => true, 'Contents'))).rejects.toMatchObject({
      code: 'METADATA_INVALID',
      message: 'Contents, line 2 is not "path packages"',
    });
  });

  it('merges several by path and unites the packages of one', async () => {
    const one = readContents(pieces('a x/one\nc x/one,x/two\nd x/one\n', 4), () => true, 'one');
    const two = [contentsOf(Buffer.from('b\nc\n\nz'), 'x/three'), []];
    const three = readContents(pieces('', 1), () => true, 'three');
    expect(await textOf(mergeContents([one, two, three]))).toBe('a x/one\nb x/three\nc x/one,x/two,x/three\nd x/one\nz x/three\n');
    expect(await textOf(mergeContents([]))).toBe('');
  });
});
