import { describe, expect, it } from 'vitest';
import { createBandwidth } from '../../src/fetch/bandwidth.ts';

describe('fetch/bandwidth', () => {
  it('never waits without a limit', () => {
    expect(createBandwidth(0).book(1e12)).toBe(0);
  });

  it('makes everyone wait for what all have booked', () => {
    const bandwidth = createBandwidth(1000, () => 5000);
    expect(bandwidth.book(500)).toBe(500 - 0);
    expect(bandwidth.book(500)).toBe(1000);
    expect(bandwidth.book(64_000)).toBe(65_000);
  });

  it('keeps to the rate over a long time', () => {
    let now = 0;
    const bandwidth = createBandwidth(1000, () => now);
    for (let piece = 0; piece < 100; piece++) now += bandwidth.book(100);
    expect(now).toBeCloseTo(10_000, 5);
  });

  it('saves up only a quarter of a second', () => {
    let now = 0;
    const bandwidth = createBandwidth(1000, () => now);
    now = 3_600_000;
    expect(bandwidth.book(250)).toBe(0);
    expect(bandwidth.book(100)).toBe(100);
  });
});
