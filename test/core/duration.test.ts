import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../src/core/duration.ts';

describe('core/duration', () => {
  it.each([
    ['0s', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['12h', 43_200_000],
    ['7d', 604_800_000],
  ])('reads %s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['', '30', 's', '-1s', '1.5s', '30 s', '30S', '1s\n', '10000000000s'])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
