import { describe, expect, it } from 'vitest';
import { counted, formatCount, shortened } from '../../src/core/counts.ts';

describe('core/counts', () => {
  it('sets thousands apart', () => {
    expect([0, 999, 1000, 1234567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567']);
    expect([counted(1, 'package'), counted(0, 'package'), counted(2000, 'package')]).toEqual(['1 package', '0 packages', '2,000 packages']);
  });

  it('shows the first few', () => {
    const names = ['a', 'b', 'c'];
    expect(shortened(names, 3)).toBe('a, b, c');
    expect(shortened(names, 2)).toBe('a, b and 1 more');
    expect(shortened(names, 1, '\n  ')).toBe('a\n  and 2 more');
    expect(shortened([], 2)).toBe('');
  });

  it('takes plurals that are not made with an s', () => {
    expect([1, 2].map((count) => counted(count, 'index', 'indexes'))).toEqual(['1 index', '2 indexes']);
  });
});
