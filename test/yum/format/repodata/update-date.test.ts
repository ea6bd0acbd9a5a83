import { describe, expect, it } from 'vitest';
import { readDate } from '../../../../src/yum/format/repodata/update-date.ts';

describe('yum/format/repodata/update-date', () => {
  it.each([
    ['2019-03-29 12:34:56', 1553862896],
    ['2019-03-29 12:34', 1553862840],
    ['2019-03-29', 1553817600],
    ['2019-03-29T12:34:56Z', 1553862896],
    ['2013-01-27 16:08:05 UTC', 1359302885],
    [' 1553862896 ', 1553862896],
    ['2019-03-29 12:34:56.123456', 1553862896],
    ['', undefined],
    ['yesterday', undefined],
    ['29.3.2019', undefined],
  ])('reads %j', (text, expected) => {
    expect(readDate(text)).toBe(expected);
  });
});
