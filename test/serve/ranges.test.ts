import { describe, expect, it } from 'vitest';
import { selectRanges } from '../../src/serve/ranges.ts';

const parts = (...pairs: readonly (readonly [number, number])[]) => ({
  kind: 'parts',
  parts: pairs.map(([start, end]) => ({ start, end })),
});

describe('serve/ranges', () => {
  it.each([
    ['bytes=0-0', parts([0, 0])],
    ['bytes=0-99', parts([0, 99])],
    ['bytes=10-', parts([10, 99])],
    ['bytes=-5', parts([95, 99])],
    ['bytes=-500', parts([0, 99])],
    ['bytes=90-1000', parts([90, 99])],
    ['Bytes=1-2', parts([1, 2])],
    ['bytes=99999999999999999999999-', { kind: 'unsatisfiable' }],
    ['bytes=100-', { kind: 'unsatisfiable' }],
    ['bytes=100-200,300-', { kind: 'unsatisfiable' }],
    ['bytes=-0', { kind: 'unsatisfiable' }],
    ['bytes=50-51, 0-1', parts([50, 51], [0, 1])],
    ['bytes=0-1,,200-, 4-5', parts([0, 1], [4, 5])],
    ['bytes=10-20,0-12', parts([0, 20])],
    ['bytes=0-9,10-19', parts([0, 9], [10, 19])],
    [undefined, { kind: 'whole' }],
    ['bytes=', { kind: 'whole' }],
    ['bytes=-', { kind: 'whole' }],
    ['bytes=5-4', { kind: 'whole' }],
    ['bytes=a-b', { kind: 'whole' }],
    ['bytes=0-1,x', { kind: 'whole' }],
    ['bytes=0-1;2-3', { kind: 'whole' }],
    ['lines=0-1', { kind: 'whole' }],
    ['bytes=0-49,50-99', { kind: 'whole' }],
    [`bytes=${Array.from({ length: 65 }, (_, index) => `${index}-${index}`).join(',')}`, { kind: 'whole' }],
  ])('%s of 100 bytes', (header, selection) => {
    expect(selectRanges(header, 100)).toEqual(selection);
  });

  it('takes 64 ranges', () => {
    const header = `bytes=${Array.from({ length: 64 }, (_, index) => `${index * 2}-${index * 2}`).join(',')}`;
    expect(selectRanges(header, 1000)).toMatchObject({ kind: 'parts', parts: { length: 64 } });
  });

  it('has no part of an empty file', () => {
    expect(selectRanges('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' });
    expect(selectRanges('bytes=-5', 0)).toEqual({ kind: 'whole' });
  });
});
