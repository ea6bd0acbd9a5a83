import { describe, expect, it } from 'vitest';
import { connectionFailure, statusFailure } from '../../src/fetch/failure.ts';

const withCode = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });

describe('fetch/failure', () => {
  it('shows no credentials of an address in a message of the connection', () => {
    const failure = connectionFailure(withCode('ERR_PROXY_TUNNEL', 'no tunnel to a:443 via http://me:s3cret@proxy:3128/: HTTP/1.1 502 no'));
    expect(failure.message).toContain('http://proxy:3128/');
    expect(failure.message).not.toContain('s3cret');
    expect(failure.again).toBe('later');
  });

  it.each([
    ['ECONNRESET', 'later'],
    ['ECONNREFUSED', 'later'],
    ['EAI_AGAIN', 'later'],
    ['HPE_INVALID_CONSTANT', 'later'],
    ['ENOTFOUND', 'never'],
    ['CERT_HAS_EXPIRED', 'never'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'never'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'never'],
  ])('tries again after %s: %s', (code, again) => {
    expect(connectionFailure(withCode(code))).toMatchObject({ code: 'FETCH_FAILED', again, blamesServer: true });
  });

  it('holds a failing server against it, and a missing file not', () => {
    expect([500, 429, 404, 403].map((status) => statusFailure(status, undefined).blamesServer)).toEqual([true, true, false, false]);
  });
});
