import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packIds, unpackIds } from '../../src/store/members.ts';

describe('store/members', () => {
  it('takes one byte for most members', () => {
    expect(packIds([1, 2, 3, 130])).toEqual(Buffer.from([1, 1, 1, 127]));
    expect(packIds([128])).toEqual(Buffer.from([0x80, 1]));
    expect(packIds([])).toEqual(Buffer.alloc(0));
  });

  it('gives back any rising ids', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(ids, (list) => {
        expect(unpackIds(packIds(list), list.length)).toEqual(list);
      }),
    );
  });

  it('refuses what does not rise, is cut short, or has another count', () => {
    for (const bytes of [[0], [1, 0], [0x80], [1, 0x81], Array.from({ length: 12 }, () => 0xff).concat(1)]) {
      expect(() => unpackIds(Buffer.from(bytes), 1)).toThrow(expect.objectContaining({ code: 'BLOB_CORRUPT' }));
    }
    expect(() => unpackIds(Buffer.from([1, 1]), 1)).toThrow('2 members');
  });

  it('gives ids or BLOB_CORRUPT for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), (bytes, count) => {
        try {
          const ids = unpackIds(bytes, count);
          expect(ids.every((id, index) => Number.isSafeInteger(id) && id > (ids[index - 1] ?? 0))).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BLOB_CORRUPT' });
        }
      }),
    );
  });
});
