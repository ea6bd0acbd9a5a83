import { describe, expect, it } from 'vitest';
import { createNameIndex, hashBytes } from '../../../src/yum/dependencies/name-index.ts';

describe('yum/dependencies/name-index', () => {
  it('finds every occurrence, in the order of adding, also when it has grown', () => {
    const index = createNameIndex();
    for (let owner = 0; owner < 10_000; owner++) index.add((owner % 100) * 1024, owner, owner * 2);
    const found: number[] = [];
    index.each(5 * 1024, (owner, offset) => {
      expect(offset).toBe(owner * 2);
      found.push(owner);
    });
    expect(found).toEqual(Array.from({ length: 100 }, (_, round) => round * 100 + 5));
    index.each(7, () => expect.unreachable());
  });

  it('hashes ranges of bytes', () => {
    expect(hashBytes(Buffer.from('xabcx'), 1, 4)).toBe(hashBytes(Buffer.from('abc'), 0, 3));
    expect(hashBytes(Buffer.from('abd'), 0, 3)).not.toBe(hashBytes(Buffer.from('abc'), 0, 3));
  });
});
