import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseScopes } from '../../../../src/serve/registry/users/scopes.ts';
import { createTokens, LIFETIME, type TokenContent } from '../../../../src/serve/registry/users/tokens.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const partsOf = (token: string): [string, string, string] => {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
};
const payloadOf = (token: string): Record<string, unknown> => JSON.parse(Buffer.from(partsOf(token)[1], 'base64url').toString('utf8'));

describe('serve/registry/users/tokens', () => {
  let now = NOW;
  const clock = { now: () => new Date(now) };
  const key = randomBytes(32);
  const tokens = createTokens(key, clock);
  const users = new Map([
    ['alice', 'hash of alice'],
    ['bob', 'hash of bob'],
  ]);
  const content: TokenContent = {
    use: 'access',
    subject: 'alice',
    audience: 'registry:5000',
    access: parseScopes(['repository:app:pull,push']),
  };
  const expected = { use: 'access', audience: 'registry:5000' } as const;
  const issue = (changes: Partial<TokenContent> = {}): string => tokens.issue({ ...content, ...changes }, users);
  const read = (token: string, table: ReadonlyMap<string, string> = users) => tokens.read(token, expected, table);

  it('gives back what it has issued, which is a JWT', () => {
    const token = issue();
    expect(JSON.parse(Buffer.from(partsOf(token)[0], 'base64url').toString('utf8'))).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(payloadOf(token)).toMatchObject({ sub: 'alice', aud: 'registry:5000', iat: NOW / 1000, exp: NOW / 1000 + 300 });
    expect(token).not.toContain('hash of alice');
    expect(read(token)).toEqual(content);
    expect(read(issue({ subject: '' }))).toMatchObject({ subject: '' });
    expect(issue()).not.toBe(issue());
  });

  it('refuses whatever was changed in any of its places', () => {
    const token = issue();
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A';
      expect(read(`${token.slice(0, at)}${other}${token.slice(at + 1)}`)).toBeUndefined();
    }
    expect(read(`${token}=`)).toBeUndefined();
    expect(read(`${token}.`)).toBeUndefined();
    expect(read(token.slice(0, -1))).toBeUndefined();
  });

  it('refuses other algorithms, other keys and what is no token', () => {
    const [header, payload, signature] = partsOf(issue());
    const claims = payloadOf(issue());
    const body = encode({ ...claims, sub: 'bob' });
    for (const alg of ['none', 'None', 'HS512', 'RS256', 'HS256 ']) {
      const other = encode({ alg, typ: 'JWT' });
      expect(read(`${other}.${payload}.${signature}`)).toBeUndefined();
      expect(read(`${other}.${body}.`)).toBeUndefined();
    }
    for (const extra of [{ kid: '/dev/null' }, { jwk: { kty: 'oct', k: '' } }, { jku: 'http://evil.example' }]) {
      const named = encode({ alg: 'HS256', typ: 'JWT', ...extra });
      const signed = createHmac('sha256', key).update(`${named}.${payload}`).digest('base64url');
      expect(read(`${named}.${payload}.${signed}`)).toBeUndefined();
    }
    for (const secret of ['', 'secret', key]) {
      expect(read(`${header}.${body}.${createHmac('sha256', secret).update(`${header}.${body}`).digest('base64url')}`)).toBeUndefined();
    }
    expect(read(createTokens(randomBytes(32), clock).issue(content, users))).toBeUndefined();
    for (const text of ['', '.', '..', `${header}..`, 'a'.repeat(20_000), `${header}.${payload}`]) expect(read(text)).toBeUndefined();
  });

  it('is good for five minutes, and not for one second more', () => {
    now = NOW;
    const token = issue();
    now = NOW + LIFETIME * 1000 - 1000;
    expect(read(token)).toBeDefined();
    now = NOW + LIFETIME * 1000;
    expect(read(token)).toBeUndefined();
    now = NOW;
  });

  it('is good for one host and one use', () => {
    const token = issue();
    expect(tokens.read(token, { ...expected, audience: 'registry' }, users)).toBeUndefined();
    expect(tokens.read(token, { ...expected, use: 'refresh' }, users)).toBeUndefined();
    const refresh = issue({ use: 'refresh', access: [] });
    expect(read(refresh)).toBeUndefined();
    now = NOW + 400 * 86_400_000;
    expect(tokens.read(refresh, { ...expected, use: 'refresh' }, users)).toMatchObject({ subject: 'alice' });
    now = NOW;
  });

  it('ends with the user, and with the password', () => {
    const token = issue();
    const without = new Map(users);
    without.delete('alice');
    expect(read(token, without)).toBeUndefined();
    expect(read(token, new Map(users).set('alice', 'another hash'))).toBeUndefined();
    expect(read(token, new Map(users).set('bob', 'another hash'))).toBeDefined();
    expect(read(tokens.issue(content, without), without)).toBeUndefined();
  });
});
