import { describe, expect, it } from 'vitest';
import { formatAge, formatBytes, formatSeconds } from '../../../src/cli/render/units.ts';

const MiB = 1024 * 1024;

describe('cli/render/units', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [12.34 * MiB, '12.3 MiB'],
    [99.96 * MiB, '100 MiB'],
    [1023.96 * MiB, '1.0 GiB'],
    [3 * 1024 ** 5, '3.0 PiB'],
    [5000 * 1024 ** 5, '5000 PiB'],
  ])('writes %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('writes spans of time', () => {
    expect([0, 7.4, 59.6, 754, 11_229, -3].map(formatSeconds)).toEqual(['0:00', '0:07', '1:00', '12:34', '3:07:09', '0:00']);
  });

  it('writes how long ago something was', () => {
    const now = 1_000_000_000_000;
    const ages = [0, 59, 60, 3599, 7200, 86_400 * 3, -100].map((seconds) => formatAge(now - seconds * 1000, now));
    expect(ages).toEqual(['just now', 'just now', '1 minute ago', '59 minutes ago', '2 hours ago', '3 days ago', 'just now']);
  });
});
