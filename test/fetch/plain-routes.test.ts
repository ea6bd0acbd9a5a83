import { describe, expect, it } from 'vitest';
import { parsePlace } from '../../src/fetch/place.ts';
import { createPlainRoutes } from '../../src/fetch/plain-routes.ts';
import { startFetcher } from './servers.ts';

const routes = () => createPlainRoutes({ userAgent: 'mirror/1', timeout: 30_000 });

describe('fetch/plain-routes', () => {
  it('says what a request of the place is', () => {
    expect(routes().placeOf(parsePlace('http://example.test/a%2Bb/c.rpm?x=y#z', undefined))).toEqual({
      route: {
        host: 'example.test',
        port: 80,
        timeout: 30_000,
        fields: 'user-agent: mirror/1\r\naccept-encoding: identity\r\nhost: example.test\r\nconnection: keep-alive\r\n',
      },
      target: '/a%2Bb/c.rpm?x=y',
    });
    expect(routes().placeOf(parsePlace('http://[::1]:8080/', undefined))).toMatchObject({
      route: { host: '::1', port: 8080, fields: expect.stringContaining('\r\nhost: [::1]:8080\r\n') },
    });
  });

  it('has one route for each server and who to be there', () => {
    const { placeOf } = routes();
    const at = (url: string, username?: string) =>
      placeOf(parsePlace(url, username === undefined ? undefined : { username, password: 'p' })).route;
    expect(at('http://a.test/1')).toBe(at('http://a.test/2'));
    expect(at('http://a.test/1')).not.toBe(at('http://a.test:81/1'));
    expect(at('http://a.test/1', 'me')).toBe(at('http://me:p@a.test/2'));
    expect(at('http://a.test/1', 'me').fields).toContain('authorization: Basic bWU6cA==\r\n');
    expect(at('http://a.test/1', 'me')).not.toBe(at('http://a.test/1'));
  });

  it('is not for TLS, proxies and limited bandwidth', async () => {
    const url = 'http://example.test/a';
    expect((await startFetcher()).plain(url, undefined)?.target).toBe('/a');
    expect((await startFetcher()).plain('https://example.test/a', undefined)).toBeUndefined();
    expect((await startFetcher({ proxy: 'http://proxy.test:3128' })).plain(url, undefined)).toBeUndefined();
    expect((await startFetcher({ bandwidth: 1000 })).plain(url, undefined)).toBeUndefined();
    expect(() => createPlainRoutes({ userAgent: 'x', timeout: 1 }).placeOf(parsePlace('ftp://example.test/', undefined))).toThrow();
  });
});
