import { describe, expect, it } from 'vitest';
import { layOut } from '../../../src/yum/publish/layout.ts';

describe('yum/publish/layout', () => {
  const one = { location: 'Packages/f/foo.rpm', sha256: '1'.repeat(64) };
  const other = { location: 'Packages/f/foo.rpm', sha256: '2'.repeat(64) };
  const bar = { location: 'bar.rpm', sha256: '3'.repeat(64) };

  it('keeps locations, also of one file that is listed twice', () => {
    expect(layOut([one, bar, one])).toEqual(['Packages/f/foo.rpm', 'bar.rpm', 'Packages/f/foo.rpm']);
  });

  it('tells different files at one location apart, whatever their order', () => {
    const [first, second] = [`Packages/f/${'1'.repeat(16)}/foo.rpm`, `Packages/f/${'2'.repeat(16)}/foo.rpm`];
    expect(layOut([one, bar, other])).toEqual([first, 'bar.rpm', second]);
    expect(layOut([other, one])).toEqual([second, first]);
  });
});
