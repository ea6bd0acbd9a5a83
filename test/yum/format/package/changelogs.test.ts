import { describe, expect, it } from 'vitest';
import { changelogEntries } from '../../../../src/yum/format/package/changelogs.ts';

const logs = (...dates: number[]) => dates.map((date) => ({ author: 'a', date, text: String(date) }));
const dates = (newestFirst: number[], limit?: number): number[] => changelogEntries(logs(...newestFirst), limit).map(({ date }) => date);

describe('yum/format/package/changelogs', () => {
  it('gives the oldest first, each later than the one before it', () => {
    expect(dates([9, 7, 5])).toEqual([5, 7, 9]);
    expect(dates([6, 5, 5, 5])).toEqual([5, 6, 7, 8]);
    expect(dates([10, 5, 5])).toEqual([5, 6, 10]);
  });

  it('takes the latest up to a limit before it looks at their dates', () => {
    expect(dates([5, 5, 5], 1)).toEqual([5]);
    expect(dates([5, 5, 5], 2)).toEqual([5, 6]);
    expect(dates([5], 0)).toEqual([]);
  });

  it('leaves dates as they are that do not ascend in the header', () => {
    expect(dates([5, 9])).toEqual([9, 5]);
  });
});
