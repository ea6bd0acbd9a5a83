import { describe, expect, it } from 'vitest';
import { createMemoryCache } from '../../src/serve/memory-cache.ts';

describe('serve/memory-cache', () => {
  it('lets go of what was not used for longest', () => {
    const cache = createMemoryCache(30);
    for (const name of ['a', 'b', 'c']) cache.set(name, Buffer.alloc(10));
    expect(cache.get('a')).toHaveLength(10);
    cache.set('d', Buffer.alloc(10));
    expect(['a', 'b', 'c', 'd'].filter((name) => cache.get(name) !== undefined)).toEqual(['a', 'c', 'd']);
  });

  it('does not hold what is larger than itself, nor count twice', () => {
    const cache = createMemoryCache(30);
    cache.set('a', Buffer.alloc(31));
    expect(cache.get('a')).toBeUndefined();
    for (let round = 0; round < 10; round++) cache.set('b', Buffer.alloc(15));
    cache.set('c', Buffer.alloc(15));
    expect(cache.get('b')).toBeDefined();
    expect(cache.get('c')).toBeDefined();
  });
});
