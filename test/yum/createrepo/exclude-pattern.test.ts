import { describe, expect, it } from 'vitest';
import { excludePattern } from '../../../src/yum/createrepo/exclude-pattern.ts';

describe('yum/createrepo/exclude-pattern', () => {
  it.each([
    ['*.src.rpm', 'a/b.src.rpm', true],
    ['*.src.rpm', 'b.src.rpm.x', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a[b]c', 'abc', false],
    ['a[b]c', 'a[b]c', true],
    ['a.c', 'abc', false],
    ['a+(b)', 'a+(b)', true],
    ['*', 'a\nb', true],
    ['', '', true],
  ])('%s over %s: %s', (pattern, text, matches) => {
    expect(excludePattern(pattern).test(text)).toBe(matches);
  });
});
