import { describe, expect, it } from 'vitest';
import { createFailedAttempts } from '../../../../src/serve/registry/users/failed-attempts.ts';

describe('serve/registry/users/failed-attempts', () => {
  let now = 0;
  const attempts = () => createFailedAttempts({ now: () => new Date(now) });

  it('lets an address fail ten times a minute, and says how long to wait', () => {
    const failed = attempts();
    const begin = () => failed.begin('192.0.2.1');
    expect(Array.from({ length: 10 }, begin)).toEqual(Array.from({ length: 10 }));
    now += 20_500;
    expect(begin()).toBe(40);
    expect(failed.begin('192.0.2.2')).toBeUndefined();
    failed.succeeded('192.0.2.1');
    expect([begin(), begin()]).toEqual([undefined, 40]);
    now += 39_500;
    expect(begin()).toBeUndefined();
  });

  it('does not make anyone wait longer because the clock was set back', () => {
    const failed = attempts();
    for (let count = 0; count < 11; count++) failed.begin('192.0.2.1');
    now -= 3_600_000;
    expect(failed.begin('192.0.2.1')).toBeUndefined();
  });

  it('counts the addresses of one IPv6 network together', () => {
    const failed = attempts();
    for (const address of ['2001:db8::1', '2001:0db8:0:0:1::', '2001:db8:0::2:3:4'])
      for (let count = 0; count < 4; count++) failed.begin(address);
    expect(failed.begin('2001:db8::ffff')).toBe(60);
    expect(failed.begin('2001:db8:0:1::1')).toBeUndefined();
    expect(failed.begin('::1')).toBeUndefined();
    expect(failed.begin('::ffff:192.0.2.1')).toBeUndefined();
  });

  it('does not grow with the number of addresses', () => {
    const failed = attempts();
    for (let count = 0; count < 10; count++) failed.begin('192.0.2.1');
    for (let count = 0; count < 10_000; count++) failed.begin(`10.0.${count >> 8}.${count & 255}`);
    expect(failed.begin('192.0.2.1')).toBeUndefined();
  });
});
