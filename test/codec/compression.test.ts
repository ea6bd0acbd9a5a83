import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressionOf, compressionOfBytes, extensionOf } from '../../src/codec/compression.ts';

describe('codec/compression', () => {
  it.each([
    ['dists/stable/main/binary-amd64/Packages', 'none'],
    ['Packages.gz', 'gz'],
    ['repodata/abc-primary.xml.xz', 'xz'],
    ['a.tar.bz2', 'bz2'],
    ['Packages.zst', 'zst'],
    ['Packages.lzma', 'lzma'],
    ['Packages.GZ', 'none'],
    ['dir.gz/Packages', 'none'],
    ['.gz', 'none'],
    ['a.gz.deb', 'none'],
  ])('%s is %s', (path, compression) => {
    expect(compressionOf(path)).toBe(compression);
  });

  it('knows the extensions', () => {
    expect(extensionOf('none')).toBe('');
    expect((['gz', 'xz', 'bz2', 'zst', 'lzma'] as const).map(extensionOf)).toEqual(['.gz', '.xz', '.bz2', '.zst', '.lzma']);
  });

  it('knows the magic numbers', () => {
    expect(compressionOfBytes(gzipSync('x'))).toBe('gz');
    expect(compressionOfBytes(Buffer.from('fd377a585a00', 'hex'))).toBe('xz');
    expect(compressionOfBytes(Buffer.from('BZh9'))).toBe('bz2');
    expect(compressionOfBytes(Buffer.from('28b52ffd', 'hex'))).toBe('zst');
    expect(compressionOfBytes(Buffer.from('Package'))).toBe('none');
    expect(compressionOfBytes(Buffer.from('fd377a', 'hex'))).toBe('none');
    expect(compressionOfBytes(Buffer.alloc(0))).toBe('none');
  });
});
