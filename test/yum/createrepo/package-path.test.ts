import { describe, expect, it } from 'vitest';
import { comparePackagePaths, packageHref } from '../../../src/yum/createrepo/package-path.ts';

describe('yum/createrepo/package-path', () => {
  it('orders by the name of the file, then by the directory, in bytes', () => {
    const given = ['b/x.rpm', 'a/y.rpm', 'x.rpm', 'a/x.rpm', 'A.rpm', '\u{1F600}.rpm', '\uff5e.rpm'];
    const ordered = given.map((relative) => ({ file: relative, relative })).sort(comparePackagePaths);
    expect(ordered.map(({ relative }) => relative)).toEqual([
      'A.rpm',
      'a/x.rpm',
      'b/x.rpm',
      'x.rpm',
      'a/y.rpm',
      '\uff5e.rpm',
      '\u{1F600}.rpm',
    ]);
  });

  it.each([
    ['a/b/c.rpm', 0, '', 'a/b/c.rpm'],
    ['a/b/c.rpm', 1, '', 'b/c.rpm'],
    ['a/b/c.rpm', 9, '', 'c.rpm'],
    ['a/b/c.rpm', 2, 'x/y/', 'x/y/c.rpm'],
    ['c.rpm', 0, '/abs', '/abs/c.rpm'],
  ])('%s without %i directories, behind "%s": %s', (path, cutDirs, prefix, href) => {
    expect(packageHref(path, { cutDirs, prefix })).toBe(href);
  });
});
