import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { collect, decompress } from '../../src/codec/decompress.ts';
import { describeWithTools } from '../support/requirements.ts';
import { filter, indexText, pieces } from './streams.ts';

const unpack = (bytes: Uint8Array, compression: 'xz' | 'lzma' = 'xz', size?: number): Promise<Buffer> =>
  collect(decompress(pieces(bytes, size), compression, { maxSize: 1 << 30, what: 'the file' }), 1 << 30, 'the file');

/** The file with another dictionary size in the header of the block that begins at the offset. */
function withDictionary(file: Buffer, property: number, block = 12): Buffer {
  const changed = Buffer.from(file);
  const end = block + (changed.readUInt8(block) + 1) * 4;
  const filter = changed.subarray(0, end).lastIndexOf(Buffer.from([0x21, 0x01]));
  changed[filter + 2] = property;
  changed.writeUInt32LE(crc32(changed.subarray(block, end - 4)), end - 4);
  return changed;
}

describeWithTools(['xz'], 'codec/xz-blocks', () => {
  const text = indexText(30_000);

  it.each([
    ['-9e'],
    ['-0'],
    ['--block-size=100000'],
    ['-T2', '--block-size=65536'],
    ['--check=none'],
    ['--check=crc32'],
    ['--check=sha256'],
    ['--x86', '--lzma2=preset=6'],
    ['--delta=dist=4', '--lzma2=dict=128MiB'],
  ])('takes what xz %s writes, in pieces of any size', async (...options) => {
    const packed = filter(['xz', '-c', ...options], text);
    expect((await unpack(packed)).equals(text)).toBe(true);
    expect((await unpack(packed, 'xz', 1009)).equals(text)).toBe(true);
  });

  it('takes what cannot be compressed, and zeros between streams', async () => {
    const noise = filter(['sh', '-c', 'head -c 300000 /dev/urandom | xz -c'], Buffer.alloc(0));
    const both = Buffer.concat([noise, Buffer.alloc(8), filter(['xz', '-c'], text), Buffer.alloc(4)]);
    expect((await unpack(both)).length).toBe(300_000 + text.length);
    await expect(unpack(Buffer.concat([noise, Buffer.alloc(3)]))).rejects.toMatchObject({ code: 'DECOMPRESS_FAILED' });
  });

  it('refuses a dictionary that memory has no room for, in whatever block', async () => {
    const packed = filter(['xz', '-c', '--block-size=1000000'], text);
    expect((await unpack(withDictionary(packed, 30))).equals(text)).toBe(true);
    const tooLarge = { code: 'DECOMPRESS_FAILED', message: expect.stringContaining('dictionary') };
    await expect(unpack(withDictionary(packed, 31))).rejects.toMatchObject(tooLarge);
    await expect(unpack(withDictionary(packed, 40))).rejects.toMatchObject(tooLarge);
    const two = Buffer.concat([packed, withDictionary(packed, 40)]);
    await expect(unpack(two)).rejects.toMatchObject(tooLarge);
    const lzma = filter(['xz', '--format=lzma', '-c'], text);
    expect((await unpack(lzma, 'lzma')).equals(text)).toBe(true);
    lzma.writeUInt32LE(1 << 30, 1);
    await expect(unpack(lzma, 'lzma')).rejects.toMatchObject(tooLarge);
  });
});
