import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapePath, parseRequestTarget } from '../../src/serve/request-path.ts';

describe('serve/request-path', () => {
  it.each([
    ['/', '/', true],
    ['/pool/a.deb', '/pool/a.deb', false],
    ['/pool/', '/pool', true],
    ['/pool/.', '/pool', true],
    ['/./InRelease', '/InRelease', false],
    ['//a///b', '/a/b', false],
    ['/a/./b/./', '/a/b', true],
    ['/libfoo%2b%2b1_2.0%7erc1.deb', '/libfoo++1_2.0~rc1.deb', false],
    ['/libfoo++1_2.0~rc1^git%5E%3A%3a.deb', '/libfoo++1_2.0~rc1^git^::.deb', false],
    ['/a+b', '/a+b', false],
    ['/a%20b', '/a b', false],
    ['/a%253ab', '/a%3ab', false],
    ['/%2e/a', '/a', false],
    ['/caf%C3%A9', '/café', false],
    ['/caf\u00c3\u00a9', '/café', false],
    ['/a%3Fb%23c', '/a?b#c', false],
    ['/a#fragment', '/a', false],
    ['/...', '/...', false],
    ['/..a/b..', '/..a/b..', false],
    ['http://host:8080/a/b', '/a/b', false],
    ['HTTPS://host', '/', true],
    ['http://host?x=1', '/', true],
  ])('%s is %s', (target, path, directory) => {
    expect(parseRequestTarget(target)).toMatchObject({ path, directory });
  });

  it('keeps the query apart and undecoded', () => {
    expect(parseRequestTarget('/a%2bb/?format=json&x=%2e%2e?')).toEqual({ path: '/a+b', directory: true, query: 'format=json&x=%2e%2e?' });
  });

  it.each([
    '/../a',
    '/a/..',
    '/a/../b',
    '/%2e%2e/etc/passwd',
    '/.%2E/a',
    '/a%2fb',
    '/%2F%2F%2F..%2F..%2Fetc%2Fpasswd',
    '/a%00',
    '/a%',
    '/a%2',
    '/a%zz',
    '/%ff',
    '/%c0%ae%c0%ae/a',
    '/%ed%a0%80',
    '*',
    '',
    'a/b',
    'ftp://host/a',
    'file:///etc/passwd',
  ])('%s is malformed', (target) => {
    expect(parseRequestTarget(target)).toBeUndefined();
  });

  it('gives back what was escaped', () => {
    const segment = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..');
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
        const path = `/${segments.join('/')}`;
        expect(escapePath(path)).toMatch(/^[A-Za-z0-9\-._~%/]+$/);
        expect(parseRequestTarget(escapePath(path))?.path).toBe(path);
      }),
    );
  });

  it('never gives a path that leads upwards or is not canonical', () => {
    const piece = fc.constantFrom('/', '.', '..', '%2e', '%2f', '%5c', '\\', 'a', '%00', '+', '%', '%25', '2e', ';', 'é');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const parsed = parseRequestTarget(`/${pieces.join('')}`);
        if (parsed === undefined) return;
        const segments = parsed.path === '/' ? [] : parsed.path.slice(1).split('/');
        expect(parsed.path.startsWith('/')).toBe(true);
        expect(segments.filter((segment) => ['', '.', '..'].includes(segment) || segment.includes('\0'))).toEqual([]);
      }),
    );
  });
});
