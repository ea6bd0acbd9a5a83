import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checked } from '../../src/codec/checked.ts';
import { collect } from '../../src/codec/decompress.ts';
import type { ChecksumAlgorithm, Expected } from '../../src/core/digests.ts';
import { pieces } from './streams.ts';

const bytes = Buffer.from('what was promised');
const of = (algorithm: ChecksumAlgorithm, data: Buffer = bytes) => ({ algorithm, value: createHash(algorithm).update(data).digest('hex') });
const read = (expected: Expected): Promise<Buffer> => collect(checked(pieces(bytes, 5), expected, 'the file'), 1000, 'the file');

describe('codec/checked', () => {
  it('passes on what is as promised', async () => {
    expect((await read({ size: bytes.length, checksums: [of('md5'), of('sha256'), of('sha512')] })).equals(bytes)).toBe(true);
    expect((await read({ checksums: [] })).equals(bytes)).toBe(true);
  });

  it.each([
    ['a wrong checksum beside a right one', { checksums: [of('sha256'), of('sha1', Buffer.from('other'))] }, 'sha1'],
    ['too many bytes', { size: bytes.length - 1, checksums: [] }, 'more than'],
    ['too few bytes', { size: bytes.length + 1, checksums: [of('sha256')] }, `${bytes.length} bytes`],
  ])('refuses %s', async (_, expected, what) => {
    await expect(read(expected)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH', message: expect.stringContaining(what) });
  });

  it('ends its source when there is too much', async () => {
    let ended = false;
    const source = pieces(bytes, 1, () => {
      ended = true;
    });
    await expect(collect(checked(source, { size: 1, checksums: [] }, 'x'), 1000, 'x')).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    expect(ended).toBe(true);
  });
});
