import { describe, expect, it } from 'vitest';
import { MirrorError } from '../../../src/core/errors.ts';
import { checkRealm } from '../../../src/oci/client/realm.ts';

const REGISTRY = new URL('https://registry.example.com:5000/');
const HUB = new URL('https://registry-1.docker.io/');

describe('oci/client/realm', () => {
  it.each([
    [HUB, 'https://auth.docker.io/token', []],
    [REGISTRY, 'https://registry.example.com:5000/auth?a=b', []],
    [REGISTRY, 'https://auth.example.com/token', ['auth.example.com']],
    [new URL('http://127.0.0.1:5000/'), 'http://127.0.0.1:5000/token', []],
  ])('of %s may be %s', (registry, realm, allowed) => {
    expect(checkRealm(realm, registry, allowed).href).toBe(realm);
  });

  it.each([
    [REGISTRY, 'https://auth.example.com/token', 'which is another host'],
    [REGISTRY, 'https://example.com/token', 'which is another host'],
    [REGISTRY, 'https://registry.example.com/token', 'which is another host'],
    [REGISTRY, 'https://registry.example.com.evil.example:5000/token', 'which is another host'],
    [REGISTRY, 'https://auth.docker.io/token', 'which is another host'],
    [REGISTRY, 'http://registry.example.com:5000/token', 'in the clear'],
    [REGISTRY, 'https://registry.example.com:5000@evil.example/token', 'a user name'],
    [REGISTRY, 'https://a:b@registry.example.com:5000/token', 'a user name'],
    [REGISTRY, 'https://169.254.169.254/token', 'of this machine'],
    [REGISTRY, 'https://[fe80::1]/token', 'of this machine'],
    [REGISTRY, 'https://2130706433/token', 'of this machine'],
    [REGISTRY, 'https://localhost/token', 'of this machine'],
    [REGISTRY, 'file:///etc/passwd', 'no http or https'],
    [REGISTRY, '/token', 'no http or https'],
    [REGISTRY, '', 'no http or https'],
    [new URL('http://127.0.0.1:5000/'), 'http://169.254.169.254/latest', 'which is another host'],
  ])('of %s may not be %s', (registry, realm, why) => {
    expect(() => checkRealm(realm, registry, [])).toThrow(MirrorError);
    expect(() => checkRealm(realm, registry, [])).toThrow(why);
  });

  it('of this machine is refused even where it is allowed, unless the registry is there, too', () => {
    expect(() => checkRealm('https://169.254.169.254/token', REGISTRY, ['169.254.169.254'])).toThrow('of this machine');
  });
});
