import { describe, expect, it } from 'vitest';
import { compareText } from '../../src/core/order.ts';

describe('core/order', () => {
  it('sorts by code units', () => {
    expect(['b', 'ä', 'a', '', 'B', 'a', 'ab'].sort(compareText)).toEqual(['', 'B', 'a', 'a', 'ab', 'b', 'ä']);
    expect(compareText('a', 'a')).toBe(0);
  });
});
