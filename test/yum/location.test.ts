import { describe, expect, it } from 'vitest';
import { isMirrorError } from '../../src/core/errors.ts';
import { encodePath, fileUrls, publishedPath } from '../../src/yum/location.ts';

const BASE = 'http://h/repo/os/';
const urls = (location: string, base?: string, bases: readonly string[] = [BASE]): string[] =>
  fileUrls({ location, base }, bases, 'primary');
const path = (location: string): string =>
  publishedPath({ name: 'Foo', version: '3:1-2', architecture: 'noarch' }, { location }, 'primary');

describe('yum/location', () => {
  it('encodes a path as dnf does', () => {
    expect(encodePath('we ird+a~b^c%2Bd:e@f,g.rpm')).toBe('we%20ird%2ba~b%5ec%252Bd%3ae%40f%2cg.rpm');
    expect(encodePath('é/x.rpm')).toBe('%c3%a9/x.rpm');
  });

  it.each([
    ['Packages/f.rpm', `${BASE}Packages/f.rpm`],
    ['./f.rpm', `${BASE}f.rpm`],
    ['../../pool/f.rpm', 'http://h/pool/f.rpm'],
    ['a+b.rpm', `${BASE}a%2bb.rpm`],
    ['f#1?.rpm', `${BASE}f%231%3f.rpm`],
    ['http://h/elsewhere/f+1.rpm', 'http://h/elsewhere/f+1.rpm'],
    ['/f.rpm', `${BASE}f.rpm`],
    ['//evil/f.rpm', `${BASE}evil/f.rpm`],
    ['C:x.rpm', `${BASE}C%3ax.rpm`],
  ])('%s is at %s', (location, url) => {
    expect(urls(location)).toEqual([url]);
  });

  it('tries every base, and a href that looks encoded as it is, too', () => {
    expect(urls('a%2Bb.rpm', undefined, [BASE, 'https://two/'])).toEqual([
      `${BASE}a%252Bb.rpm`,
      'https://two/a%252Bb.rpm',
      `${BASE}a%2Bb.rpm`,
      'https://two/a%2Bb.rpm',
    ]);
  });

  it('puts the query of a base behind the path', () => {
    const token = ['http://h/repo/?token=a%2Fb'];
    expect(urls('Packages/a+b.rpm', undefined, token)).toEqual(['http://h/repo/Packages/a%2bb.rpm?token=a%2Fb']);
    expect(urls('../pool/a%2Bb.rpm', undefined, token)).toEqual([
      'http://h/pool/a%252Bb.rpm?token=a%2Fb',
      'http://h/pool/a%2Bb.rpm?token=a%2Fb',
    ]);
    expect(urls('http://h/x/a.rpm', undefined, token)).toEqual(['http://h/x/a.rpm']);
    expect(urls('f.rpm', 'https://other/x?sig=1')).toEqual(['https://other/x/f.rpm?sig=1']);
  });

  it('goes where an http(s) xml:base says, and passes over any other', () => {
    expect(urls('f.rpm', 'https://other/x')).toEqual(['https://other/x/f.rpm']);
    expect(urls('f.rpm', 'media://1#2')).toEqual([`${BASE}f.rpm`]);
    expect(urls('f.rpm', 'file:///etc/')).toEqual([`${BASE}f.rpm`]);
  });

  it.each([
    'http://127.0.0.1:6379/',
    'http://169.254.169.254/latest/',
    'http://[::1]/',
    'http://localhost:8080/',
    'http://[::ffff:127.0.0.1]/',
  ])('does not let an xml:base lead to this machine or its link: %s', (base) => {
    expect(() => urls('f.rpm', base)).toThrow(expect.objectContaining({ code: 'PATH_UNSAFE' }));
    expect(urls('f.rpm', base, ['http://127.0.0.1:8000/'])).toEqual([`${base.replace('[::ffff:127.0.0.1]', '[::ffff:7f00:1]')}f.rpm`]);
  });

  it.each(['http://evil/f.rpm', 'file:///etc/passwd', 'ftp://h/f.rpm', 'http://h\\@evil/f.rpm', 'http://h:81/f.rpm', 'FILE:///etc/passwd'])(
    'refuses %s',
    (location) => {
      expect(() => urls(location)).toThrow(expect.objectContaining({ code: 'PATH_UNSAFE' }));
    },
  );

  it.each([
    ['Packages/x/foo.rpm', 'Packages/x/foo.rpm'],
    ['./x//foo.rpm', 'x/foo.rpm'],
    ['../../pool/Foo-1.rpm', 'Packages/f/Foo-1.rpm'],
    ['/etc/foo.rpm', 'Packages/f/foo.rpm'],
    ['http://h/x/foo.rpm?token=1', 'Packages/f/foo.rpm'],
    ['../../etc/passwd', 'Packages/f/Foo-1-2.noarch.rpm'],
    ['repodata/repomd.xml', 'Packages/f/Foo-1-2.noarch.rpm'],
    ['repodata/foo.rpm', 'Packages/f/foo.rpm'],
    ['..', 'Packages/f/Foo-1-2.noarch.rpm'],
    ['', 'Packages/f/Foo-1-2.noarch.rpm'],
    [`${'x'.repeat(5000)}`, 'Packages/f/Foo-1-2.noarch.rpm'],
    ['%2e%2e/foo.rpm', '%2e%2e/foo.rpm'],
  ])('%.60s is published at %s', (location, published) => {
    expect(path(location)).toBe(published);
  });

  it.each(['a\u0000b.rpm', 'a\nb.rpm', '..\\..\\x.rpm', `../${'x'.repeat(300)}.rpm`])('refuses to publish %j', (location) => {
    let thrown: unknown;
    try {
      path(location);
    } catch (error) {
      thrown = error;
    }
    expect(isMirrorError(thrown, 'PATH_UNSAFE')).toBe(true);
  });
});
