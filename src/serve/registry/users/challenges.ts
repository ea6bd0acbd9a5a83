import type { OutgoingHttpHeaders } from 'node:http';
import type { OwnAddress } from './addresses.ts';

/** Asks for Basic credentials alone. */
export const BASIC_CHALLENGE: OutgoingHttpHeaders = { 'WWW-Authenticate': 'Basic realm="mirror"' };

export interface ChallengeOptions {
  /** What a token would have to be for. */
  readonly scope?: string | undefined;
  /** RFC 6750 section 3.1: what is wrong with the token that was given. */
  readonly error?: 'invalid_token' | 'insufficient_scope' | undefined;
}

/** How a client can say who it is: with a token first, which is what most clients do that know both, or with Basic. */
export function challenges({ scheme, host }: OwnAddress, { scope, error }: ChallengeOptions = {}): OutgoingHttpHeaders {
  const bearer = [
    `realm="${scheme}://${host}/v2/token"`,
    `service="${host}"`,
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
    ...(error === undefined ? [] : [`error="${error}"`]),
  ];
  return { 'WWW-Authenticate': [`Bearer ${bearer.join(',')}`, 'Basic realm="mirror"'] };
}
