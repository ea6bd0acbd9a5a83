import { describe, expect, it } from 'vitest';
import { formatReleaseDate, parseReleaseDate } from '../../../src/apt/format/release-date.ts';

describe('apt/format/release-date', () => {
  const time = Date.UTC(2024, 5, 8, 9, 12, 1);

  it.each(['Sat, 08 Jun 2024 09:12:01 UTC', 'Sat, 8 Jun 2024 9:12:01 GMT', '08 Jun 2024 09:12:01 Z', 'Sat,  08 Jun 2024 09:12:01 +0000'])(
    'reads %s',
    (text) => expect(parseReleaseDate(text)).toBe(time),
  );

  it.each([
    '',
    '2024-06-08T09:12:01Z',
    'Sat, 08 Jun 2024 09:12:01',
    'Sat, 08 Jun 2024 09:12:01 +0200',
    'Sat, 08 Jum 2024 09:12:01 UTC',
    'Sat, 30 Feb 2024 09:12:01 UTC',
    'Sat, 08 Jun 2024 25:12:01 UTC',
  ])('does not take "%s" for a time', (text) => expect(parseReleaseDate(text)).toBeUndefined());

  it('writes what it reads', () => {
    expect(formatReleaseDate(new Date(time + 999))).toBe('Sat, 08 Jun 2024 09:12:01 UTC');
    expect(parseReleaseDate(formatReleaseDate(new Date(time)))).toBe(time);
  });
});
