import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gzip, xz, zstd } from '../../src/codec/compress.ts';
import { collect, decompress } from '../../src/codec/decompress.ts';
import { describeWithTools } from '../support/requirements.ts';
import { filter, indexText, pieces } from './streams.ts';

const text = indexText(100_000);

describe('codec/compress', () => {
  it('makes gzip files without time and operating system', async () => {
    const packed = await gzip(Buffer.from('abc'));
    expect(packed.subarray(0, 10).toString('hex')).toBe('1f8b08000000000000ff');
    expect((await gzip(text)).equals(await gzip(text))).toBe(true);
  });

  it('makes the same xz and zstd files every time', async () => {
    expect((await xz(text)).equals(await xz(text))).toBe(true);
    expect((await zstd(text)).equals(await zstd(text))).toBe(true);
  });

  it('leaves the event loop free', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    await Promise.all([xz(text), gzip(text), zstd(text)]);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });

  it('gives what it was given back', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('a'), text]) {
      const limit = { maxSize: 1 << 30, what: 'x' };
      for (const [compression, packed] of [
        ['gz', await gzip(bytes, 1)],
        ['xz', await xz(bytes)],
        ['zst', await zstd(bytes)],
      ] as const) {
        const back = await collect(decompress(pieces(packed), compression, limit), 1 << 30, 'x');
        expect(back.equals(bytes), `${compression} of ${bytes.length}`).toBe(true);
      }
    }
  });

  describeWithTools(['gzip', 'xz', 'zstd'], 'with the real tools', () => {
    it('makes files that the tools read', async () => {
      for (const bytes of [Buffer.alloc(0), text]) {
        expect(filter(['gzip', '-dc'], await gzip(bytes)).equals(bytes)).toBe(true);
        expect(filter(['xz', '-dc'], await xz(bytes)).equals(bytes)).toBe(true);
        expect(filter(['zstd', '-dqc'], await zstd(bytes)).equals(bytes)).toBe(true);
      }
    });

    it('makes xz files about as small as the tool does', async () => {
      expect((await xz(text)).length).toBeLessThan(1.05 * filter(['xz', '-1', '-c'], text).length);
    });
  });

  describeWithTools(['/usr/lib/apt/apt-helper'], 'with apt', () => {
    it.each([
      ['gz', gzip],
      ['xz', xz],
      ['zst', zstd],
    ] as const)('makes .%s files of several pieces that apt reads', async (extension, compress) => {
      const directory = mkdtempSync(join(tmpdir(), 'mirror-codec-'));
      try {
        const file = join(directory, `Packages.${extension}`);
        writeFileSync(file, await compress(text));
        expect(filter(['/usr/lib/apt/apt-helper', 'cat-file', file], Buffer.alloc(0)).equals(text)).toBe(true);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  });
});
