import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BLOCK_FORMATS, type BlockCompression, LZMA_VERSION, type PackedBlock } from '../../src/codec/block-formats.ts';
import { collect, decompress } from '../../src/codec/decompress.ts';
import { describeWithTools } from '../support/requirements.ts';
import { filter, indexText, pieces } from './streams.ts';

const PACKED = ['gz', 'xz', 'zst'] as const;
const text = indexText(30_000);
/** Blocks of sizes that leave every remainder of four when they are packed. */
const blocks = Array.from({ length: 12 }, (_, index) => text.subarray((index * text.length) / 12, ((index + 1) * text.length) / 12));

async function fileOf(compression: BlockCompression, plains: readonly Buffer[]): Promise<Buffer> {
  const { pack, file } = BLOCK_FORMATS[compression];
  async function* packed(): AsyncGenerator<PackedBlock> {
    for (const plain of plains) yield { plain, packed: await pack(plain) };
  }
  return await collect(file(packed()), 1 << 30, 'x');
}

describe('codec/block-formats', () => {
  it.each(PACKED)('makes .%s files that give back what was put in', async (compression) => {
    for (const plains of [[], [Buffer.from('a')], blocks]) {
      const file = await fileOf(compression, plains);
      const back = await collect(decompress(pieces(file), compression, { maxSize: 1 << 30, what: 'x' }), 1 << 30, 'x');
      expect(back.equals(Buffer.concat(plains))).toBe(true);
    }
  });

  it.each(PACKED)('packs a block to the same bytes wherever it stands in a .%s', async (compression) => {
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = blocks;
    const { pack } = BLOCK_FORMATS[compression];
    expect((await pack(first)).equals(await pack(Buffer.from(first)))).toBe(true);
    const file = await fileOf(compression, [first, second, first]);
    const packed = await pack(first);
    const at = file.indexOf(packed);
    expect(at).toBeGreaterThanOrEqual(0);
    expect(file.indexOf(packed, at + 1)).toBeGreaterThan(at);
  });

  it('names the version of every compressor that decides the bytes', () => {
    expect(BLOCK_FORMATS.gz.identity).toContain(`zlib ${process.versions.zlib}`);
    expect(BLOCK_FORMATS.zst.identity).toMatch(/zstd \d+\.\d+/);
    const manifest = resolve(import.meta.dirname, '../../node_modules/@napi-rs/lzma/package.json');
    expect(LZMA_VERSION).toBe((JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version);
  });

  describeWithTools(['gzip', 'xz', 'zstd', 'python3', 'perl'], 'with the real tools', () => {
    const readers: readonly (readonly [BlockCompression, readonly string[]])[] = [
      ['gz', ['gzip', '-dc']],
      ['gz', ['python3', '-c', 'import gzip,sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))']],
      ['gz', ['perl', '-MIO::Uncompress::Gunzip=gunzip', '-e', 'gunzip("-" => "-") or die']],
      ['xz', ['xz', '-dc']],
      ['xz', ['python3', '-c', 'import lzma,sys; sys.stdout.buffer.write(lzma.open(sys.stdin.buffer).read())']],
      ['zst', ['zstd', '-dqc']],
    ];
    it.each(readers)('makes .%s files that %s reads', async (compression, command) => {
      for (const plains of [[], blocks]) {
        expect(filter(command, await fileOf(compression, plains)).equals(Buffer.concat(plains))).toBe(true);
      }
    });

    it('makes one xz stream whose index the tool understands', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'mirror-xz-'));
      try {
        const file = join(directory, 'text.xz');
        const bytes = await fileOf('xz', blocks);
        writeFileSync(file, bytes);
        const totals = filter(['xz', '--robot', '-l', file], Buffer.alloc(0)).toString().split('\n').at(-2);
        expect(totals?.split('\t').slice(0, 5)).toEqual(['totals', '1', '12', String(bytes.length), String(text.length)]);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });

    it('makes files about as small as the tools do', async () => {
      const sizes = { gz: ['gzip', '-9c'], xz: ['xz', '-1c'], zst: ['zstd', '-6qc'] } as const;
      for (const compression of PACKED) {
        const size = (await fileOf(compression, [text])).length;
        expect(size, compression).toBeLessThan(1.05 * filter(sizes[compression], text).length);
      }
    });
  });

  describeWithTools(['/usr/lib/apt/apt-helper'], 'with apt', () => {
    it.each(PACKED)('makes .%s files of several blocks that apt reads', async (compression) => {
      const directory = mkdtempSync(join(tmpdir(), 'mirror-codec-'));
      try {
        for (const plains of [[], blocks]) {
          const file = join(directory, `Packages.${compression}`);
          writeFileSync(file, await fileOf(compression, plains));
          expect(filter(['/usr/lib/apt/apt-helper', 'cat-file', file], Buffer.alloc(0)).equals(Buffer.concat(plains))).toBe(true);
        }
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  });
});
