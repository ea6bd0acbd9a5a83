import { describe, expect, it } from 'vitest';
import type { Compression } from '../../src/codec/compression.ts';
import { collect, decompress } from '../../src/codec/decompress.ts';
import { describeWithTools } from '../support/requirements.ts';
import { filter, indexText, pieces } from './streams.ts';

const LIMIT = { maxSize: 1 << 30, what: 'the file' };
const all = (bytes: Uint8Array, compression: Compression, size?: number): Promise<Buffer> =>
  collect(decompress(pieces(bytes, size), compression, LIMIT), LIMIT.maxSize, LIMIT.what);

const FORMATS: readonly { compression: Exclude<Compression, 'none'>; command: readonly string[]; joins: boolean }[] = [
  { compression: 'gz', command: ['gzip', '-c'], joins: true },
  { compression: 'xz', command: ['xz', '-c'], joins: true },
  { compression: 'bz2', command: ['bzip2', '-c'], joins: true },
  { compression: 'zst', command: ['zstd', '-q', '-c'], joins: true },
  { compression: 'lzma', command: ['xz', '--format=lzma', '-c'], joins: false },
];

describe('codec/decompress', () => {
  it('passes on what is not compressed, up to the ceiling', async () => {
    expect((await all(Buffer.from('abc'), 'none', 1)).toString()).toBe('abc');
    await expect(collect(decompress(pieces(Buffer.alloc(11)), 'none', { maxSize: 10, what: 'x' }), 100, 'x')).rejects.toMatchObject({
      code: 'DECOMPRESS_TOO_LARGE',
    });
  });

  it('collects no more than it may', async () => {
    expect((await collect(pieces(Buffer.from('abcd'), 2), 4, 'x')).toString()).toBe('abcd');
    await expect(collect(pieces(Buffer.from('abcde'), 2), 4, 'the list')).rejects.toMatchObject({
      code: 'DECOMPRESS_TOO_LARGE',
      message: 'the list has more than the 4 bytes that are allowed for it',
    });
  });

  describeWithTools(['gzip', 'xz', 'bzip2', 'zstd'], 'with the real tools', () => {
    describe.each(FORMATS)('$compression', ({ compression, command, joins }) => {
      const text = indexText(10_000);
      const small = indexText(3);
      const packed = filter(command, text);
      const smallPacked = filter(command, small);

      it('unpacks what the tool packs', async () => {
        expect((await all(packed, compression)).equals(text)).toBe(true);
        expect((await all(filter(command, Buffer.alloc(0)), compression)).length).toBe(0);
      });

      it('does not care how the bytes arrive', async () => {
        expect((await all(smallPacked, compression, 1)).equals(small)).toBe(true);
        expect((await all(packed, compression, 997)).equals(text)).toBe(true);
      });

      if (joins) {
        it('reads one member after another', async () => {
          const empty = filter(command, Buffer.alloc(0));
          const joined = Buffer.concat([smallPacked, empty, packed, smallPacked]);
          expect((await all(joined, compression)).equals(Buffer.concat([small, text, small]))).toBe(true);
          expect((await all(Buffer.concat([smallPacked, smallPacked]), compression, 1)).length).toBe(2 * small.length);
        });

        it.each(['garbage', '\x1f', `\0\0\0garbage`])('refuses %j after the end', async (garbage) => {
          const bytes = Buffer.concat([smallPacked, Buffer.from(garbage)]);
          await expect(all(bytes, compression)).rejects.toMatchObject({ code: 'DECOMPRESS_FAILED' });
          await expect(all(bytes, compression, 1)).rejects.toMatchObject({ code: 'DECOMPRESS_FAILED' });
        });
      }

      it('refuses a file that is cut short anywhere', async () => {
        for (let length = 0; length < smallPacked.length; length++) {
          await expect(all(smallPacked.subarray(0, length), compression), `cut to ${length}`).rejects.toMatchObject({
            code: 'DECOMPRESS_FAILED',
            message: expect.stringContaining('the file cannot be decompressed as'),
          });
        }
      });

      it('refuses a damaged file, or what it holds is right', async () => {
        for (let at = 0; at < smallPacked.length; at++) {
          const damaged = Buffer.from(smallPacked);
          damaged[at] = (damaged[at] ?? 0) ^ 0x10;
          const outcome = await all(damaged, compression).catch((error: unknown) => error);
          // LZMA_alone has no checksum, and a byte of a gzip or zstd header may mean nothing.
          if (!(outcome instanceof Buffer)) expect(outcome).toMatchObject({ code: 'DECOMPRESS_FAILED' });
          else if (joins) expect(outcome.equals(small), `byte ${at}`).toBe(true);
        }
      });

      it('refuses what is of another kind', async () => {
        await expect(all(Buffer.from('Package: a\nVersion: 1\n\n'.repeat(10)), compression)).rejects.toMatchObject({
          code: 'DECOMPRESS_FAILED',
        });
      });

      it('keeps to the ceiling exactly', async () => {
        const within = (maxSize: number): Promise<Buffer> =>
          collect(decompress(pieces(packed), compression, { maxSize, what: 'x' }), 1 << 30, 'x');
        expect((await within(text.length)).length).toBe(text.length);
        await expect(within(text.length - 1)).rejects.toMatchObject({ code: 'DECOMPRESS_TOO_LARGE' });
      });

      it('stops a bomb soon, and with little memory', async () => {
        const bomb = filter(['sh', '-c', `head -c 80000000 /dev/zero | ${command.join(' ')}`], Buffer.alloc(0));
        const before = process.memoryUsage.rss();
        let most = 0;
        let largest = 0;
        const read = async (): Promise<void> => {
          for await (const chunk of decompress(pieces(bomb), compression, { maxSize: 20_000_000, what: 'x' })) {
            largest = Math.max(largest, chunk.length);
            most = Math.max(most, process.memoryUsage.rss());
          }
        };
        await expect(read()).rejects.toMatchObject({ code: 'DECOMPRESS_TOO_LARGE' });
        expect(largest).toBeLessThanOrEqual(1 << 20);
        expect(most - before).toBeLessThan(150 * 1024 * 1024);
      });

      it('ends its source when the reader stops early', async () => {
        let ended = false;
        const source = pieces(packed, 1000, () => {
          ended = true;
        });
        for await (const chunk of decompress(source, compression, LIMIT)) {
          expect(chunk.length).toBeGreaterThan(0);
          break;
        }
        expect(ended).toBe(true);
      });

      it('passes an error of its source on', async () => {
        async function* broken(): AsyncGenerator<Uint8Array> {
          yield packed.subarray(0, 1000);
          throw new Error('the disk is on fire');
        }
        await expect(collect(decompress(broken(), compression, LIMIT), LIMIT.maxSize, 'x')).rejects.toThrow('the disk is on fire');
      });
    });

    it('reads zstd frames of every shape', async () => {
      const text = indexText(3000);
      for (const command of [
        ['zstd', '-q', '-c', '--no-check'],
        ['zstd', '-q', '-c', '-19'],
        ['zstd', '-q', '-c', '--ultra', '-22'],
        ['zstd', '-q', '-c', '--long=27'],
        ['zstd', '-q', '-c', '--no-content-size'],
        ['zstd', '-q', '-c', '--format=zstd', '-1', '-B1000'],
      ]) {
        expect((await all(filter(command, text), 'zst')).equals(text), command.join(' ')).toBe(true);
      }
      const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
      const packed = filter(['zstd', '-q', '-c'], text);
      expect((await all(Buffer.concat([skippable, packed, skippable]), 'zst', 7)).equals(text)).toBe(true);
      await expect(all(skippable, 'zst')).rejects.toMatchObject({ code: 'DECOMPRESS_FAILED' });
      await expect(all(Buffer.concat([packed, skippable.subarray(0, -1)]), 'zst')).rejects.toMatchObject({ code: 'DECOMPRESS_FAILED' });
    });

    it('refuses a zstd window of more than 128 MiB', async () => {
      const packed = filter(['zstd', '-q', '-c', '--long=31', '--no-content-size'], indexText(10));
      // Of such a small input the tool makes a small window: the descriptor for 2 GiB goes in its place.
      packed[5] = (31 - 10) << 3;
      await expect(all(packed, 'zst')).rejects.toMatchObject({ code: 'DECOMPRESS_FAILED', message: expect.stringContaining('window') });
    });

    it('leaves time for other work while it reads bzip2', async () => {
      const packed = filter(['bzip2', '-c'], indexText(50_000));
      let turns = 0;
      const timer = setInterval(() => turns++, 1);
      await all(packed, 'bz2');
      clearInterval(timer);
      expect(turns).toBeGreaterThan(5);
    });

    it.each(['-1', '-5', '-9'])('reads bzip2 %s with bytes of every value and long runs', async (level) => {
      const parts: Buffer[] = [];
      for (let run = 1; run < 600; run++) parts.push(Buffer.alloc(run, run * 7));
      parts.push(Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * index) >> 3)));
      const bytes = Buffer.concat(parts);
      expect((await all(filter(['bzip2', '-c', level], bytes), 'bz2')).equals(bytes)).toBe(true);
    });
  });
});
