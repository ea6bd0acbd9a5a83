import { MirrorError } from '../core/errors.ts';
import { redactUrl } from '../core/redact.ts';
import type { Credentials } from './fetcher.ts';

/** A certificate and key in PEM that this side shows to a server. */
export interface ClientIdentity {
  readonly cert: string;
  readonly key: string;
}

/** One URL of a request, taken apart. */
export interface Place {
  /** As given. */
  readonly given: string;
  /** Without user name, password and fragment. */
  readonly url: URL;
  /** For messages: no credentials. */
  readonly shown: string;
  /** Sent to the origin of `url` only. */
  readonly authorization: string | undefined;
  /** Shown to the origin of `url` only. */
  readonly identity: ClientIdentity | undefined;
}

/** Query parameters that carry access rights; their values are not shown. */
const SECRET_PARAMETER = /([?&](?:[^=&]*(?:token|sig|signature|key|secret|password|credential|auth)[^=&]*))=[^&#]*/gi;

/** The URL for messages: without user name, password, and the values of parameters that look like secrets. */
export function shownUrl(url: string): string {
  return redactUrl(url).replace(SECRET_PARAMETER, '$1=***');
}

/** Takes a URL apart. A user name in the URL goes before the request's credentials. FETCH_FAILED when it is no http(s) URL. */
export function parsePlace(given: string, credentials: Credentials | undefined): Place {
  const url = /^https?:/i.test(given) ? URL.parse(given) : null;
  if (url === null) throw new MirrorError('FETCH_FAILED', `${shownUrl(given)} is not an http or https address`);
  const username = url.username === '' ? credentials?.username : decode(url.username);
  const password = url.username === '' ? credentials?.password : decode(url.password);
  // Each of these has the address taken apart again.
  if (url.username !== '') url.username = '';
  if (url.password !== '') url.password = '';
  if (url.hash !== '') url.hash = '';
  const { clientCert: cert, clientKey: key } = credentials ?? {};
  return {
    given,
    url,
    get shown() {
      return shownUrl(url.href);
    },
    authorization: username === undefined ? undefined : `Basic ${Buffer.from(`${username}:${password ?? ''}`, 'utf8').toString('base64')}`,
    identity: cert === undefined || key === undefined ? undefined : { cert, key },
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A lone % is meant literally.
  }
}
