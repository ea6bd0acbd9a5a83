import { describe, expect, it } from 'vitest';
import { MultiMap } from '../../src/core/multi-map.ts';

describe('core/multi-map', () => {
  it('keeps every value of a key in order', () => {
    const map = new MultiMap<string, { readonly n: number }>();
    for (const [key, n] of [
      ['a', 1],
      ['b', 2],
      ['a', 3],
      ['a', 4],
    ] as const)
      map.add(key, { n });
    expect(['a', 'b', 'c'].map((key) => map.get(key).map(({ n }) => n))).toEqual([[1, 3, 4], [2], []]);
  });
});
