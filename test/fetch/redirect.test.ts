import { describe, expect, it } from 'vitest';
import { isRedirect, redirectTarget } from '../../src/fetch/redirect.ts';

const from = new URL('http://mirror.example/debian/pool/a.deb');

describe('fetch/redirect', () => {
  it('knows the statuses that lead elsewhere', () => {
    expect([300, 301, 302, 303, 304, 305, 307, 308, 200, 404].filter(isRedirect)).toEqual([301, 302, 303, 307, 308]);
  });

  it.each([
    ['/b.deb', 'http://mirror.example/b.deb'],
    ['b.deb?x=1#part', 'http://mirror.example/debian/pool/b.deb?x=1'],
    ['//cdn.example/b.deb', 'http://cdn.example/b.deb'],
    ['https://cdn.example:8443/b.deb', 'https://cdn.example:8443/b.deb'],
    ['http://user:secret@cdn.example/b.deb', 'http://cdn.example/b.deb'],
    [Buffer.from('/münchen').toString('latin1'), 'http://mirror.example/m%C3%BCnchen'],
    ['http://10.1.2.3/b.deb', 'http://10.1.2.3/b.deb'],
  ])('follows %j', (location, target) => {
    expect(redirectTarget(from, location).href).toBe(target);
  });

  it.each([
    [undefined, 'without saying where'],
    ['http://', 'no address'],
    ['file:///etc/passwd', 'file:'],
    ['ftp://mirror.example/a', 'ftp:'],
    ['unix:/var/run/docker.sock:/info', 'unix:'],
    ['data:text/plain,x', 'data:'],
    ['/a%0d%0aHost:%20evil', 'line break'],
    ['/a%00', 'NUL'],
    ['http://127.0.0.1/', 'this machine'],
    ['http://2130706433/', 'this machine'],
    ['http://0x7f.1/', 'this machine'],
    ['http://0.0.0.0:8080/', 'this machine'],
    ['http://localhost/', 'this machine'],
    ['http://LOCALHOST./', 'this machine'],
    ['http://x.localhost/', 'this machine'],
    ['http://[::1]/', 'this machine'],
    ['http://[::]/', 'this machine'],
    ['http://[::ffff:127.0.0.1]/', 'this machine'],
    ['http://[fe80::1]/', 'own link'],
    ['http://169.254.169.254/latest/meta-data/', 'own link'],
  ])('refuses %j', (location, why) => {
    expect(() => redirectTarget(from, location)).toThrow(expect.objectContaining({ code: 'FETCH_REDIRECT', again: 'never' }));
    expect(() => redirectTarget(from, location)).toThrow(why);
  });

  it('refuses to leave https', () => {
    expect(() => redirectTarget(new URL('https://a.example/'), 'http://a.example/')).toThrow('from https to http');
    expect(redirectTarget(new URL('https://a.example/'), '/x').href).toBe('https://a.example/x');
  });

  it('lets this machine lead to itself', () => {
    expect(redirectTarget(new URL('http://127.0.0.1:1/'), 'http://localhost:2/x').href).toBe('http://localhost:2/x');
  });
});
