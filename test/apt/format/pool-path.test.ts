import { describe, expect, it } from 'vitest';
import { poolPath } from '../../../src/apt/format/pool-path.ts';

const pool = { component: 'main', name: 'foo', source: undefined, file: 'foo_1_all.deb' };

describe('apt/format/pool-path', () => {
  it.each([
    [{}, 'pool/main/f/foo/foo_1_all.deb'],
    [{ source: '' }, 'pool/main/f/foo/foo_1_all.deb'],
    [{ source: 'libbar (1.2-3)' }, 'pool/main/libb/libbar/foo_1_all.deb'],
    [{ source: 'q' }, 'pool/main/q/q/foo_1_all.deb'],
    [{ source: 'lib' }, 'pool/main/lib/lib/foo_1_all.deb'],
    [{ source: 'libreoffice', component: 'updates/main' }, 'pool/updates/main/libr/libreoffice/foo_1_all.deb'],
    [{ name: 'g++-12', file: 'g++-12_1%3a2~rc+b1_amd64.deb' }, 'pool/main/g/g++-12/g++-12_1%3a2~rc+b1_amd64.deb'],
  ])('places %j', (change, path) => expect(poolPath({ ...pool, ...change })).toBe(path));

  it.each([
    { source: '../../etc' },
    { source: '..' },
    { source: 'a/b' },
    { source: '.a' },
    { source: 'a\nb' },
    { name: '' },
    { file: '' },
    { file: '.' },
    { file: '../x' },
    { file: 'a\u0000' },
    { component: '../..' },
  ])('refuses %j', (change) => {
    expect(() => poolPath({ ...pool, ...change })).toThrow(expect.objectContaining({ code: 'PATH_UNSAFE' }));
  });
});
