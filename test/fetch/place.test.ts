import { describe, expect, it } from 'vitest';
import { parsePlace, shownUrl } from '../../src/fetch/place.ts';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

describe('fetch/place', () => {
  it('takes the credentials out of the URL', () => {
    const place = parsePlace('https://me:s%40cret@host.example/a%2Bb?x=1#part', { username: 'other', password: 'other' });
    expect(place.url.href).toBe('https://host.example/a%2Bb?x=1');
    expect(place.shown).toBe('https://host.example/a%2Bb?x=1');
    expect(place.authorization).toBe(basic('me:s@cret'));
  });

  it('uses those of the request otherwise', () => {
    expect(parsePlace('http://host/', { username: 'jürgen', password: 'a:b' }).authorization).toBe(basic('jürgen:a:b'));
    expect(parsePlace('http://host/', undefined).authorization).toBeUndefined();
    expect(parsePlace('http://host/', { clientCert: 'C', clientKey: 'K' }).identity).toEqual({ cert: 'C', key: 'K' });
  });

  it('takes a stray % literally', () => {
    expect(parsePlace('http://me:100%@host/', undefined).authorization).toBe(basic('me:100%'));
  });

  it.each(['file:///etc/passwd', 'unix:/x', '/relative', '', 'http://', 'ftp://user:secret@host/x'])('refuses %j', (url) => {
    let message = '';
    try {
      parsePlace(url, undefined);
    } catch (error) {
      expect(error).toMatchObject({ code: 'FETCH_FAILED' });
      message = String(error);
    }
    expect(message).toContain('not an http or https address');
    expect(message).not.toContain('secret');
  });

  it('hides what looks like a secret in a query', () => {
    expect(shownUrl('https://me:pw@h/x?arch=x86_64&X-Amz-Signature=abc&token=def&repo=os')).toBe(
      'https://h/x?arch=x86_64&X-Amz-Signature=***&token=***&repo=os',
    );
  });
});
