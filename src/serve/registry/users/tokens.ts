import { createHmac, hkdfSync, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import type { Grant } from './scopes.ts';
import type { UserTable } from './users.ts';

/** How long an access token is good for, in seconds. Clients get another one for what takes longer. */
export const LIFETIME = 300;

/** What a token says. */
export interface TokenContent {
  /** An access token is shown to the registry, a refresh token to the token endpoint only. */
  readonly use: 'access' | 'refresh';
  /** The user; empty for nobody in particular. */
  readonly subject: string;
  /** The host that the token is for, with its port. */
  readonly audience: string;
  /** What may be done with it; nothing in a refresh token. */
  readonly access: readonly Grant[];
}

/** Makes tokens and checks them: compact JWTs (RFC 7519) with an HMAC of SHA-256. */
export interface Tokens {
  issue(content: TokenContent, users: UserTable): string;
  /**
   * What a token says; undefined for one that is not of our making, is not of this use and for this audience, has expired, or whose user was removed or has had
   * another password since.
   */
  read(token: string, expected: Pick<TokenContent, 'use' | 'audience'>, users: UserTable): TokenContent | undefined;
}

/** The one header there is. It is compared and never read: it cannot ask for another algorithm or key. */
const HEADER = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'JWT' })).toString('base64url');
const MAX_LENGTH = 16 * 1024;

interface Claims {
  readonly iss: 'mirror';
  readonly sub: string;
  readonly aud: string;
  /** In seconds since 1970. */
  readonly iat: number;
  /** Left out in a refresh token, which is good for as long as the password is. */
  readonly exp?: number;
  readonly jti: string;
  readonly use: TokenContent['use'];
  readonly access: readonly Grant[];
  /** Ties the token to the user's password. */
  readonly seal: string;
}

/** @param key a secret of 32 random bytes. */
export function createTokens(key: Buffer, clock: Clock): Tokens {
  const signingKey = derived(key, 'signature');
  const sealingKey = derived(key, 'seal');
  const sign = (text: string): string => createHmac('sha256', signingKey).update(text).digest('base64url');
  const now = (): number => Math.floor(clock.now().getTime() / 1000);
  const sealOf = (subject: string, users: UserTable): string | undefined => {
    if (subject === '') return '';
    const hash = users.get(subject);
    return hash === undefined ? undefined : createHmac('sha256', sealingKey).update(`${subject}:${hash}`).digest('base64url');
  };
  return {
    issue({ use, subject, audience, access }, users) {
      const issuedAt = now();
      const claims: Claims = {
        iss: 'mirror',
        sub: subject,
        aud: audience,
        iat: issuedAt,
        ...(use === 'access' ? { exp: issuedAt + LIFETIME } : {}),
        jti: randomUUID(),
        use,
        access,
        seal: sealOf(subject, users) ?? 'removed',
      };
      const content = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
      return `${content}.${sign(content)}`;
    },
    read(token, expected, users) {
      const claims = signedClaims(token, sign);
      if (claims === undefined || claims.use !== expected.use || claims.aud !== expected.audience) return undefined;
      if (claims.use === 'access' && !(now() < (claims.exp ?? 0))) return undefined;
      if (claims.seal !== sealOf(claims.sub, users)) return undefined;
      return { use: claims.use, subject: claims.sub, audience: claims.aud, access: claims.access };
    },
  };
}

/** What a token has under a signature of ours. */
function signedClaims(token: string, sign: (text: string) => string): Claims | undefined {
  if (token.length > MAX_LENGTH) return undefined;
  const [header, payload, signature, ...more] = token.split('.');
  if (header !== HEADER || payload === undefined || signature === undefined || more.length > 0) return undefined;
  const expected = Buffer.from(sign(`${header}.${payload}`));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  // Whatever bears our signature was written by `issue`.
  const claims: Claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  return claims;
}

function derived(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `mirror registry token ${purpose}`, 32));
}
