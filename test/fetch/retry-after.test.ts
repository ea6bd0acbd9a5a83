import { describe, expect, it } from 'vitest';
import { parseRetryAfter, RETRY_AFTER_CEILING } from '../../src/fetch/retry-after.ts';

const NOW = Date.UTC(1994, 10, 6, 8, 49, 0);

describe('fetch/retry-after', () => {
  it.each([
    ['0', 0],
    ['7', 7000],
    [' 7 ', 7000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 37_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 37_000],
    ['Sun Nov  6 08:49:37 1994', 37_000],
    ['Sun, 06 Nov 1994 08:00:00 GMT', 0],
    ['Sun, 06 Nov 2094 08:49:37 GMT', RETRY_AFTER_CEILING],
    ['99999999999999999999', RETRY_AFTER_CEILING],
  ])('reads %j', (header, delay) => {
    expect(parseRetryAfter(header, NOW)).toBe(delay);
  });

  it.each([undefined, '', '-1', '1.5', 'soon', 'Tomorrow at noon', '10 s', '0x10'])('takes nothing from %j', (header) => {
    expect(parseRetryAfter(header, NOW)).toBeUndefined();
  });
});
