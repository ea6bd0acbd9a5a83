import { describe, expect, it } from 'vitest';
import { digesting, digestsOf, listedAs } from '../../../src/apt/local/file-digests.ts';

async function* chunks(...texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

/** Of "abc", from RFC 1321, RFC 3174 and FIPS 180-4. */
const ABC = {
  size: 3,
  md5: '900150983cd24fb0d6963f7d28e17f72',
  sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
};

describe('apt/local/file-digests', () => {
  it('digests what it passes on', async () => {
    const { stream, digests } = digesting(chunks('a', 'bc'));
    const seen: Buffer[] = [];
    for await (const chunk of stream) seen.push(chunk);
    expect(Buffer.concat(seen).toString()).toBe('abc');
    expect(digests()).toEqual(ABC);
  });

  it('reads to the end, and lists as an index does', async () => {
    const listed = listedAs('a.dsc', await digestsOf(chunks('ab', '', 'c')));
    expect(listed).toEqual({
      name: 'a.dsc',
      size: 3,
      checksums: [
        { algorithm: 'md5', value: ABC.md5 },
        { algorithm: 'sha1', value: ABC.sha1 },
        { algorithm: 'sha256', value: ABC.sha256 },
      ],
    });
  });
});
