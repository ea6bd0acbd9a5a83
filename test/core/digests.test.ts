import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CHECKSUM_ALGORITHMS, checksum, hasChecksum, strongest } from '../../src/core/digests.ts';

describe('core/digests', () => {
  const bytes = Buffer.from('the bytes');

  it.each(CHECKSUM_ALGORITHMS)('tells whether bytes have a %s', (algorithm) => {
    const value = createHash(algorithm).update(bytes).digest('hex');
    expect(hasChecksum(bytes, { algorithm, value })).toBe(true);
    expect(hasChecksum(Buffer.from('the bytez'), { algorithm, value })).toBe(false);
  });

  it('takes no value of another length, or that is not hex, for a checksum', () => {
    expect(checksum('sha256', 'AB'.repeat(32))).toEqual({ algorithm: 'sha256', value: 'ab'.repeat(32) });
    expect(checksum('sha256', 'ab'.repeat(20))).toBeUndefined();
    expect(checksum('sha1', 'xy'.repeat(20))).toBeUndefined();
  });

  it('knows the strongest', () => {
    const [md5, sha512] = [checksum('md5', '0'.repeat(32)), checksum('sha512', '0'.repeat(128))].filter((one) => one !== undefined);
    expect(strongest([sha512, md5].filter((one) => one !== undefined))).toEqual(sha512);
    expect(strongest([])).toBeUndefined();
  });
});
