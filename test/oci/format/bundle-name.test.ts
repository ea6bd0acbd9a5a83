import { describe, expect, it } from 'vitest';
import { decodeBundleName, encodeBundleName, isHarmless } from '../../../src/oci/format/bundle-name.ts';

describe('decodeBundleName', () => {
  it('is the other way round of encodeBundleName', () => {
    for (const [repository, tag] of [
      ['app', 'v1'],
      ['team/app', 'v1.0'],
      ['a/b/c/d', '0.1.0_beta-1'],
      ['registry.example.com/team/app', 'latest'],
      ['x.tar/y', '1.tar'],
      ['a_b/c__d', '_'],
    ] as const) {
      expect(decodeBundleName(encodeBundleName(repository, tag))).toEqual({ reference: { host: undefined, repository, tag } });
    }
    expect(encodeBundleName('team/app', 'v1.0')).toBe('team&app@v1.0.tar');
  });

  it('takes off one ending, of those that archives have', () => {
    for (const ending of ['.tar', '.tar.gz', '.tgz', '.tar.zst'])
      expect(decodeBundleName(`a&b@1${ending}`)).toEqual({ reference: { host: undefined, repository: 'a/b', tag: '1' } });
  });

  it('says why a name stands for nothing', () => {
    for (const [name, why] of [
      ['app.tar', 'no @'],
      ['app@v1', 'does not end in'],
      ['starter', 'does not end in'],
      ['a&b@1.zip', 'does not end in'],
      ['a&b@1.TAR', 'does not end in'],
      ['app@sha256@abcd.tar', 'more than one @'],
      ['App@v1.tar', 'no repository'],
      ['&app@v1.tar', 'no repository'],
      ['a&&b@v1.tar', 'no repository'],
      ['..&b@v1.tar', 'no repository'],
      ['a&..&b@v1.tar', 'no repository'],
      ['@v1.tar', 'no repository'],
      ['a@.tar', 'is none'],
      ['a@-x.tar', 'is none'],
      ['a@v1&b.tar', 'is none'],
      [`a@${'t'.repeat(129)}.tar`, 'is none'],
      ['a:b@c.tar', 'a character'],
      ['a/b@c.tar', 'a character'],
      ['.tar', 'no @'],
      ['', 'does not end in'],
    ] as const)
      expect(decodeBundleName(name), name).toEqual({ problem: expect.stringContaining(why) });
  });
});

describe('isHarmless', () => {
  it('knows what lies beside the archives of a bundle', () => {
    for (const name of [
      'README',
      'README.md',
      'LICENSE',
      'license.txt',
      'NOTICE',
      'SHA256SUMS',
      'bundle.sha256',
      'checksums.txt',
      'bundle.sig',
      'x.asc',
      '.DS_Store',
      'VERSION',
    ])
      expect(isHarmless(name), name).toBe(true);
    for (const name of ['app.tar', 'starter', 'a&b@1.zip', 'images.json', 'readmeapp.tar']) expect(isHarmless(name), name).toBe(false);
  });
});
