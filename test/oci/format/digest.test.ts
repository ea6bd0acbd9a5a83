import { describe, expect, it } from 'vitest';
import { digestOf, hasDigest, isDigest, looksLikeDigest, parseDigest } from '../../../src/oci/format/digest.ts';

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const sha256 = `sha256:${EMPTY}`;
const sha512 = digestOf(Buffer.alloc(0), 'sha512');

describe('digests', () => {
  it('are of sha256 and sha512, in lower-case hex of the right length', () => {
    expect(parseDigest(sha256)).toEqual({ algorithm: 'sha256', encoded: EMPTY });
    expect(parseDigest(sha512)?.algorithm).toBe('sha512');
    expect(sha512).toHaveLength(7 + 128);
    const wrong = [
      '',
      EMPTY,
      `sha256:${EMPTY.toUpperCase()}`,
      `SHA256:${EMPTY}`,
      `sha256:${EMPTY.slice(1)}`,
      `sha256:${EMPTY}0`,
      `sha256:${EMPTY}\n`,
      ` ${sha256}`,
      `sha512:${EMPTY}`,
      `md5:${EMPTY.slice(0, 32)}`,
      'sha256:../../x',
      `sha256:${'../'.repeat(21)}x`,
      `sha256+b64:${EMPTY}`,
    ];
    for (const text of wrong) {
      expect(isDigest(text), text).toBe(false);
      expect(parseDigest(text), text).toBeUndefined();
    }
  });

  it('may be of an algorithm that is not known, where they are only carried along', () => {
    for (const text of [
      sha256,
      sha512,
      'blake3:abcDEF09',
      'multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8',
      'a.b_c-d:e=f-_',
    ])
      expect(looksLikeDigest(text), text).toBe(true);
    for (const text of [
      '',
      'x',
      ':x',
      'x:',
      'sha256:abcd',
      `sha256:${EMPTY.toUpperCase()}`,
      'sha256:../../x',
      'x:a/b',
      'x:a.b',
      'X:a',
      'a..b:c',
      'x:a\n',
    ])
      expect(looksLikeDigest(text), text).toBe(false);
  });

  it('name bytes', () => {
    expect(digestOf(Buffer.alloc(0))).toBe(sha256);
    expect(hasDigest(Buffer.alloc(0), sha256)).toBe(true);
    expect(hasDigest(Buffer.alloc(0), sha512)).toBe(true);
    expect(hasDigest(Buffer.alloc(1), sha256)).toBe(false);
    expect(hasDigest(Buffer.alloc(0), 'blake3:abcd')).toBe(false);
  });
});
