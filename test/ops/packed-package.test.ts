import { describe, expect, it } from 'vitest';
import type { LocalPackage } from '../../src/family/local-packages.ts';
import { packPackage, unpackPackage } from '../../src/ops/packed-package.ts';

describe('ops/packed-package', () => {
  it('gives back what was packed', () => {
    const stated = { name: 'a', version: '1:2-3', architecture: 'amd64', sha256: 'ab'.repeat(32), size: 5, location: 'a.deb' };
    const one: LocalPackage = {
      record: { ...stated, record: Buffer.from('text'), files: [{ name: 'b', size: 1, sha256: 'c' }] },
      files: [],
      extras: [
        { kind: 'filelists', data: Buffer.from('files') },
        { kind: 'other', data: Buffer.alloc(0) },
      ],
    };
    const packed = packPackage(one);
    expect(packed.record).toEqual({ ...stated, files: [{ name: 'b', size: 1, sha256: 'c' }] });
    expect(unpackPackage(packed)).toEqual(one);
  });
});
