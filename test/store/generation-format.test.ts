import { zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zstd } from '../../src/codec/compress.ts';
import { compareBytes } from '../../src/core/order.ts';
import { decodeGeneration, encodeGeneration } from '../../src/store/generation-format.ts';
import type { TreeEntry } from '../../src/store/generations.ts';
import { sha256 } from './storage-fixture.ts';

const HEADER = 'mirror-generation 1\n';
const DIGEST = sha256('x');

function entry(path: string, change: Partial<TreeEntry> = {}): TreeEntry {
  return { path, blob: { sha256: DIGEST, size: 5 }, modified: 1_700_000_000, permanence: 'fixed', ...change };
}

const decodeText = async (text: string) => decodeGeneration(await zstd(Buffer.from(text)));

describe('store/generation-format', () => {
  it('is a header and a sorted line for each entry', async () => {
    const packed = await encodeGeneration([
      entry('pool/b c.deb'),
      entry('dists/a', { permanence: 'current', blob: { sha256: DIGEST, size: 0 } }),
    ]);
    expect(zstdDecompressSync(packed).toString()).toBe(
      `${HEADER}${DIGEST} 0 1700000000 c dists/a\n${DIGEST} 5 1700000000 f pool/b c.deb\n`,
    );
  });

  it('gives the same bytes for the same entries in any order', async () => {
    const entries = ['b', 'a/b', 'a', 'a-b', 'ü', '\u{1F600}', '\uFFFD'].map((path) => entry(path));
    const packed = await encodeGeneration(entries);
    expect((await encodeGeneration([...entries].reverse())).equals(packed)).toBe(true);
    expect([...(await decodeGeneration(packed)).keys()]).toEqual(['a', 'a-b', 'a/b', 'b', 'ü', '\uFFFD', '\u{1F600}']);
  });

  it('keeps its bytes from version to version: they are what a digest stands for', async () => {
    const packed = await encodeGeneration([entry('a'), entry('b')]);
    expect(sha256(packed)).toMatchInlineSnapshot(`"401b0a549358f7d060e642fb86f65babd2ae8752a3593adb8385e848b22b70ff"`);
  });

  it('gives back any entries', async () => {
    const path = fc
      .array(
        fc.string({ unit: fc.constantFrom('a', 'B', '.', '-', ' ', '+', '~', 'ä', '語', '\u{1F600}', '%'), minLength: 1, maxLength: 8 }),
        {
          minLength: 1,
          maxLength: 3,
        },
      )
      .filter((segments) => segments.every((segment) => segment !== '.' && segment !== '..'))
      .map((segments) => segments.join('/'));
    const entries = fc.uniqueArray(
      fc.record({
        path,
        blob: fc.record({ sha256: fc.string().map(sha256), size: fc.nat() }),
        modified: fc.nat(),
        permanence: fc.constantFrom('fixed', 'current'),
      }),
      { selector: (item) => item.path },
    );
    await fc.assert(
      fc.asyncProperty(entries, async (list) => {
        const decoded = await decodeGeneration(await encodeGeneration(list));
        expect([...decoded.values()]).toEqual([...list].sort((a, b) => compareBytes(a.path, b.path)));
        expect([...decoded.keys()]).toEqual([...decoded.values()].map((item) => item.path));
      }),
      { numRuns: 50 },
    );
  });

  it('sorts as the bytes do', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  it.each([
    ['no header', `${DIGEST} 5 1 f a\n`],
    ['another version', `mirror-generation 2\n${DIGEST} 5 1 f a\n`],
    ['no line break at the end', `${HEADER}${DIGEST} 5 1 f a`],
    ['an empty line', `${HEADER}\n`],
    ['a missing field', `${HEADER}${DIGEST} 5 1 a\n`],
    ['no path', `${HEADER}${DIGEST} 5 1 f \n`],
    ['fields of the next line', `${HEADER}${DIGEST} 5\n${DIGEST} 5 1 f a\n`],
    ['a digest in capitals', `${HEADER}${DIGEST.toUpperCase()} 5 1 f a\n`],
    ['a short digest', `${HEADER}${DIGEST.slice(1)} 5 1 f a\n`],
    ['a long digest', `${HEADER}0${DIGEST} 5 1 f a\n`],
    ['a negative size', `${HEADER}${DIGEST} -5 1 f a\n`],
    ['a size with a leading zero', `${HEADER}${DIGEST} 05 1 f a\n`],
    ['a size in hex', `${HEADER}${DIGEST} 0x5 1 f a\n`],
    ['an empty size', `${HEADER}${DIGEST}  1 f a\n`],
    ['a size beyond what is exact', `${HEADER}${DIGEST} 9007199254740992 1 f a\n`],
    ['a fraction of a second', `${HEADER}${DIGEST} 5 1.5 f a\n`],
    ['another kind', `${HEADER}${DIGEST} 5 1 x a\n`],
    ['a long kind', `${HEADER}${DIGEST} 5 1 fc a\n`],
    ['entries out of order', `${HEADER}${DIGEST} 5 1 f b\n${DIGEST} 5 1 f a\n`],
    ['a path twice', `${HEADER}${DIGEST} 5 1 f a\n${DIGEST} 5 1 f a\n`],
    ['a path that leads out', `${HEADER}${DIGEST} 5 1 f ../a\n`],
    ['a path that leads out in the middle', `${HEADER}${DIGEST} 5 1 f a/../../b\n`],
    ['an absolute path', `${HEADER}${DIGEST} 5 1 f /a\n`],
    ['a path with an empty segment', `${HEADER}${DIGEST} 5 1 f a//b\n`],
    ['a path that ends in a slash', `${HEADER}${DIGEST} 5 1 f a/\n`],
    ['a path with a dot segment', `${HEADER}${DIGEST} 5 1 f ./a\n`],
    ['a path with a carriage return', `${HEADER}${DIGEST} 5 1 f a\r\n`],
    ['a path with a NUL', `${HEADER}${DIGEST} 5 1 f a\0b\n`],
    ['a path that is too long', `${HEADER}${DIGEST} 5 1 f ${'a'.repeat(256)}\n`],
  ])('refuses %s', async (_name, text) => {
    await expect(decodeText(text)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
  });

  it('refuses what is not UTF-8, not zstd, or cut short', async () => {
    const packed = await encodeGeneration([entry('a')]);
    const notText = await zstd(Buffer.from(`${HEADER}${DIGEST} 5 1 f \xff\n`, 'latin1'));
    for (const bytes of [
      notText,
      Buffer.alloc(0),
      Buffer.from('text'),
      packed.subarray(0, -1),
      Buffer.concat([packed, Buffer.from([1])]),
    ]) {
      await expect(decodeGeneration(bytes)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    }
  });

  it('gives an exact map or BLOB_CORRUPT for any change of a text', async () => {
    const text = `${HEADER}${DIGEST} 5 1 f a/b\n${DIGEST} 6 2 c c d\n`;
    const change = fc.tuple(fc.nat(text.length - 1), fc.constantFrom(...' \n/.0a-\0ü'));
    await fc.assert(
      fc.asyncProperty(change, async ([at, character]) => {
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        try {
          const decoded = await decodeText(changed);
          expect(zstdDecompressSync(await encodeGeneration(decoded.values())).toString()).toBe(changed);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BLOB_CORRUPT' });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('decodes 65,000 entries quickly, over several frames', async () => {
    const entries = Array.from({ length: 65_000 }, (_, index) =>
      entry(`pool/main/libf/libfoo${index}/libfoo${index}_1.2.3-${index}ubuntu1_amd64.deb`, {
        blob: { sha256: sha256(`${index}`), size: index },
      }),
    );
    const packed = await encodeGeneration(entries);
    const started = performance.now();
    const decoded = await decodeGeneration(packed);
    expect(decoded.size).toBe(65_000);
    // About 120 ms on an idle machine.
    expect(performance.now() - started).toBeLessThan(2000);
    expect(decoded.get('pool/main/libf/libfoo7/libfoo7_1.2.3-7ubuntu1_amd64.deb')?.blob).toEqual({ sha256: sha256('7'), size: 7 });
  });
});
