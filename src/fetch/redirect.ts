import { TryFailure } from './failure.ts';
import { isNearby } from './nearby.ts';

/** How many redirects are followed. */
export const MAXIMUM_REDIRECTS = 5;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Whether the status is one that leads elsewhere. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/**
 * Where a redirect leads: an http(s) URL without user name, password and fragment. Throws FETCH_REDIRECT for any other scheme, for
 * https to http, for an address of this machine or its link unless `from` is one, and for encoded line breaks or NUL.
 */
export function redirectTarget(from: URL, location: string | undefined): URL {
  const refuse = (why: string): TryFailure => new TryFailure('FETCH_REDIRECT', why, { again: 'never' });
  if (location === undefined) throw refuse('the server redirected without saying where');
  // Header bytes come as Latin-1; servers that do not escape them send UTF-8.
  const text = Buffer.from(location, 'latin1').toString('utf8');
  if (!URL.canParse(text, from.href)) throw refuse('the server redirected to something that is no address');
  const target = new URL(text, from.href);
  if (target.protocol !== 'http:' && target.protocol !== 'https:')
    throw refuse(`the server redirected to a ${target.protocol} address, and only http: and https: are followed`);
  if (from.protocol === 'https:' && target.protocol === 'http:')
    throw refuse(`the server redirected from https to http (${target.host}), which is not followed`);
  if (/%(0[ad0])/i.test(target.href)) throw refuse('the server redirected to an address with a line break or NUL in it');
  if (isNearby(target) && !isNearby(from))
    throw refuse(`the server redirected to ${target.host}, an address of this machine or its own link`);
  target.username = '';
  target.password = '';
  target.hash = '';
  return target;
}
