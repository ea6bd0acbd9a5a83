import { describe, expect, it } from 'vitest';
import { byHashPath } from '../../../src/apt/format/by-hash.ts';

describe('apt/format/by-hash', () => {
  it('is beside the file', () => {
    expect(byHashPath('main/binary-amd64/Packages.xz', { algorithm: 'sha256', value: 'ab' })).toBe('main/binary-amd64/by-hash/SHA256/ab');
    expect(byHashPath('Packages', { algorithm: 'sha512', value: 'cd' })).toBe('by-hash/SHA512/cd');
  });

  it('knows no weak checksums', () => {
    expect(byHashPath('Packages', { algorithm: 'md5', value: 'ab' })).toBeUndefined();
  });
});
