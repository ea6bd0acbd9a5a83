import { describe, expect, it } from 'vitest';
import { packagedPath } from '../../../src/apt/format/packaged-path.ts';

const of = (path: string): string => packagedPath(Buffer.from(path, 'latin1'), 'x').toString('latin1');

describe('apt/format/packaged-path', () => {
  it.each([
    ['usr/a', 'usr/a'],
    ['./usr/a', 'usr/a'],
    ['/usr//./a/', 'usr/a'],
    ['./', ''],
    ['.', ''],
    ['/', ''],
    ['..a/b..', '..a/b..'],
    ['...', '...'],
    ['.hidden/.x', '.hidden/.x'],
    ['a\\x2db', 'a\\x2db'],
    ['\xe9\xff', '\xe9\xff'],
    ['./\xe9\xff', '\xe9\xff'],
  ])('%j is %j', (path, expected) => {
    expect(of(path)).toBe(expected);
  });

  it.each(['..', '../a', 'a/../b', 'a/..', './..', '/..', 'a\nb'])('refuses %j', (path) => {
    expect(() => of(path)).toThrow(expect.objectContaining({ code: 'PATH_UNSAFE' }));
  });
});
