import { describe, expect, it } from 'vitest';
import { compileGlob } from '../../src/query/glob.ts';

describe('query/glob', () => {
  it.each([
    ['linux-*', 'linux-image', true],
    ['linux-*', 'alinux-image', false],
    ['*', '', true],
    ['*', 'contrib/games', false],
    ['non-free/*', 'non-free/admin', true],
    ['lib?', 'liba', true],
    ['lib?', 'lib', false],
    ['lib[a-c]', 'libb', true],
    ['lib[^a-c]', 'libb', false],
    ['lib[^a-c]', 'libd', true],
    ['g++-[0-9]*', 'g++-12', true],
    ['a.b', 'axb', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['[\\]]', ']', true],
    ['[\\d]', 'd', true],
    ['[\\d]', '1', false],
    ['[:x]', ':', true],
    ['[[:alpha:]', ':', true],
    ['a|b', 'a', false],
    ['(a)', '(a)', true],
    ['a{2}', 'aa', false],
    ['日?', '日本', true],
    ['$x^', '$x^', true],
    ['*a*a*a*a*a*b', 'a'.repeat(5000), false],
  ])('%s on %.20s: %s', (glob, text, matches) => {
    expect(compileGlob(glob)(text)).toBe(matches);
  });

  it.each(['[a', '[]', '[^]', 'a\\', '[z-a]'])('refuses %s', (glob) => {
    expect(() => compileGlob(glob)).toThrow(expect.objectContaining({ code: 'QUERY_INVALID' }));
  });
});
