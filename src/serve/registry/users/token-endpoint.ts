import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../core/clock.ts';
import { discardBody, readWholeBody } from '../../request-body.ts';
import { type Exchange, sendBytes } from '../../responses.ts';
import { type OciError, sendOciError } from '../errors.ts';
import { clientAddress, ownAddress } from './addresses.ts';
import { BASIC_CHALLENGE } from './challenges.ts';
import { parseCredentials } from './credentials.ts';
import type { Logins } from './logins.ts';
import { tooManyAttempts, wrongPassword } from './refusals.ts';
import { formatScopes, granted, parseScopes } from './scopes.ts';
import { LIFETIME, type Tokens } from './tokens.ts';
import type { Users } from './users.ts';

export interface TokenEndpointOptions {
  readonly logins: Logins;
  readonly tokens: Tokens;
  readonly users: Users;
  readonly clock: Clock;
}

/** What a client asks for: as a query (distribution's token specification), or as a form (its OAuth 2 variant, RFC 6749 sections 4.3 and 6). */
interface TokenRequest {
  readonly service: string | null;
  readonly scopes: readonly string[];
  /** Whether it also wants a refresh token. */
  readonly offline: boolean;
}

/** Who asks; `subject` is empty for nobody in particular. */
type Identity = { readonly subject: string } | { readonly refused: OciError };

/** In bytes, of a form. */
const MAX_FORM = 64 * 1024;
const NOBODY: Identity = { subject: '' };
const METHOD_REFUSED: OciError = {
  status: 405,
  code: 'UNSUPPORTED',
  message: 'A token is asked for with GET or POST.',
  headers: { Allow: 'GET, POST' },
};
const WRONG_TOKEN: OciError = {
  status: 401,
  code: 'UNAUTHORIZED',
  message: 'The refresh token is not valid (any more).',
  headers: BASIC_CHALLENGE,
};

/** Answers `/v2/token`: whoever says who they are gets a token for what they ask for, and whoever does not one for reading. */
export function createTokenEndpoint(options: TokenEndpointOptions): (exchange: Exchange, query: URLSearchParams) => Promise<void> {
  return async (exchange, query) => {
    const { method } = exchange.request;
    if (method === 'GET') {
      const wanted = {
        service: query.get('service'),
        // A space between two may have stayed a plus sign.
        scopes: query.getAll('scope').flatMap((scope) => scope.split(/[ +]/)),
        offline: query.get('offline_token') === 'true',
      };
      return await answer(exchange, wanted, await identityByHeader(exchange.request, options), options);
    }
    if (method !== 'POST') return refuse(exchange, METHOD_REFUSED);
    const form = await readForm(exchange);
    if ('refused' in form) return refuse(exchange, form.refused);
    const { fields } = form;
    const wanted = {
      service: fields.get('service'),
      scopes: (fields.get('scope') ?? '').split(' '),
      offline: fields.get('access_type') === 'offline' || fields.get('grant_type') === 'refresh_token',
    };
    return await answer(exchange, wanted, await identityByForm(exchange.request, fields, options), options);
  };
}

function refuse(exchange: Exchange, error: OciError): void {
  discardBody(exchange);
  sendOciError(exchange, error);
}

async function answer(exchange: Exchange, wanted: TokenRequest, identity: Identity, options: TokenEndpointOptions): Promise<void> {
  if ('refused' in identity) return sendOciError(exchange, identity.refused);
  const { tokens, users, clock } = options;
  const audience = ownAddress(exchange.request).host;
  if (wanted.service !== null && wanted.service.toLowerCase() !== audience)
    return sendOciError(exchange, refusal(400, `The service of this registry is "${audience}".`));
  const { subject } = identity;
  const access = granted(parseScopes(wanted.scopes), subject !== '');
  const table = await users.table();
  const token = tokens.issue({ use: 'access', subject, audience, access }, table);
  const refreshable = wanted.offline && subject !== '';
  const body = {
    token,
    access_token: token,
    token_type: 'Bearer',
    expires_in: LIFETIME,
    issued_at: clock.now().toISOString(),
    scope: formatScopes(access),
    ...(refreshable ? { refresh_token: tokens.issue({ use: 'refresh', subject, audience, access: [] }, table) } : {}),
  };
  sendBytes(exchange, 200, Buffer.from(`${JSON.stringify(body)}\n`), {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
  });
}

async function identityByHeader(request: IncomingMessage, options: TokenEndpointOptions): Promise<Identity> {
  const credentials = parseCredentials(request.headers.authorization);
  if (credentials.kind === 'none') return NOBODY;
  if (credentials.kind !== 'basic') return { refused: wrongPassword(BASIC_CHALLENGE) };
  return await identityOf(credentials, request, options);
}

async function identityByForm(request: IncomingMessage, fields: URLSearchParams, options: TokenEndpointOptions): Promise<Identity> {
  switch (fields.get('grant_type')) {
    case 'password': {
      const credentials = { name: fields.get('username') ?? '', password: fields.get('password') ?? '' };
      if (credentials.name === '' && credentials.password === '') return NOBODY;
      return await identityOf(credentials, request, options);
    }
    case 'refresh_token': {
      const expected = { use: 'refresh', audience: ownAddress(request).host } as const;
      const content = options.tokens.read(fields.get('refresh_token') ?? '', expected, await options.users.table());
      return content === undefined ? { refused: WRONG_TOKEN } : { subject: content.subject };
    }
    default:
      return { refused: refusal(400, 'grant_type is password or refresh_token.') };
  }
}

async function identityOf(
  { name, password }: { readonly name: string; readonly password: string },
  request: IncomingMessage,
  { logins }: TokenEndpointOptions,
): Promise<Identity> {
  const login = await logins.check({ name, password, address: clientAddress(request) });
  if (login.outcome === 'limited') return { refused: tooManyAttempts(login.retryAfterSeconds) };
  return login.outcome === 'verified' ? { subject: name } : { refused: wrongPassword(BASIC_CHALLENGE) };
}

async function readForm(exchange: Exchange): Promise<{ readonly fields: URLSearchParams } | { readonly refused: OciError }> {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(exchange.request.headers['content-type'] ?? ''))
    return { refused: refusal(415, 'A form is application/x-www-form-urlencoded.') };
  const body = await readWholeBody(exchange, MAX_FORM);
  return body === undefined ? { refused: refusal(413, 'The form is too long.') } : { fields: new URLSearchParams(body.toString('utf8')) };
}

function refusal(status: number, message: string): OciError {
  return { status, code: 'UNSUPPORTED', message };
}
