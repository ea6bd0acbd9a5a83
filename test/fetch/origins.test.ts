import { describe, expect, it } from 'vitest';
import { createOrigins } from '../../src/fetch/origins.ts';

describe('fetch/origins', () => {
  it('holds failures against a server, for longer the more there are', () => {
    let now = 1_000_000;
    const origins = createOrigins(() => now);
    origins.failed('http://a');
    origins.failed('http://b');
    origins.failed('http://b');
    expect([origins.penalty('http://a'), origins.penalty('http://b'), origins.penalty('http://c')]).toEqual([1, 2, 0]);
    now += 61_000;
    expect([origins.penalty('http://a'), origins.penalty('http://b')]).toEqual([0, 2]);
    now += 60_000;
    expect(origins.penalty('http://b')).toBe(0);
  });

  it('forgives by halves', () => {
    const origins = createOrigins(() => 0);
    for (let count = 0; count < 50; count++) origins.failed('http://a');
    expect(origins.penalty('http://a')).toBe(10);
    origins.worked('http://a');
    expect(origins.penalty('http://a')).toBe(5);
    for (let count = 0; count < 3; count++) origins.worked('http://a');
    expect(origins.penalty('http://a')).toBe(0);
  });

  it('keeps the longest pause', () => {
    const origins = createOrigins(() => 0);
    origins.pause('http://a', 500);
    origins.pause('http://a', 100);
    expect([origins.pausedUntil('http://a'), origins.pausedUntil('http://b')]).toEqual([500, 0]);
  });

  it('does not grow without bound', () => {
    const origins = createOrigins(() => 0);
    for (let count = 0; count < 100_000; count++) origins.failed(`http://host${count}`);
    expect(origins.penalty('http://host0')).toBe(0);
    expect(origins.penalty('http://host99999')).toBe(1);
  });
});
