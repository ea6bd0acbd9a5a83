import { describe, expect, it } from 'vitest';
import { MirrorError } from '../../src/core/errors.ts';
import { isNotAsListed } from '../../src/fetch/not-as-listed.ts';

describe('fetch/not-as-listed', () => {
  it.each(['CHECKSUM_MISMATCH', 'FETCH_NOT_FOUND', 'FETCH_TOO_LARGE', 'FETCH_TRUNCATED'] as const)('blames the file for %s', (code) => {
    expect(isNotAsListed(new MirrorError(code, 'x'))).toBe(true);
  });

  it('blames the file for nothing that the server or the way to it may be the reason of', () => {
    expect(isNotAsListed(new MirrorError('FETCH_FAILED', 'x'))).toBe(false);
    expect(isNotAsListed(new MirrorError('FETCH_DENIED', 'x'))).toBe(false);
    expect(isNotAsListed(new Error('x'))).toBe(false);
  });
});
