import { describe, expect, it } from 'vitest';
import { formatHttpDate, parseHttpDate } from '../../src/serve/http-date.ts';

describe('serve/http-date', () => {
  it('reads the three forms of RFC 9110 as the same time', () => {
    for (const text of ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])
      expect(parseHttpDate(text)).toBe(784111777);
  });

  it('writes what it reads', () => {
    expect(formatHttpDate(784111777)).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
    expect(parseHttpDate(formatHttpDate(0))).toBe(0);
    expect(parseHttpDate(formatHttpDate(4102444799))).toBe(4102444799);
  });

  it.each(['', '0', '2024-01-01', 'Sun, 06 Nov 1994 08:49:37', 'Sun, 31 Feb 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 25:00:00 GMT', '"tag"'])(
    'does not guess at %j',
    (text) => {
      expect(parseHttpDate(text)).toBeUndefined();
    },
  );
});
