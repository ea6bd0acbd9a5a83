import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { MirrorError } from '../../core/errors.ts';
import type { Answer, RequestBody } from '../../fetch/transport.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { FoundCredentials } from './credentials.ts';
import { checkRealm } from './realm.ts';
import { smallBody } from './registry-error.ts';

/** One request to a token server: neither redirects nor retries are followed with credentials. */
export type AskRealm = (
  url: URL,
  ask: { method: string; headers: Record<string, string>; body?: RequestBody | undefined },
) => Promise<Answer>;

/** Says who this side is, as a registry asks for it. */
export interface Authorization {
  /** The header for requests of a scope, as far as it is known; undefined for none. */
  header(scope: string): string | undefined;
  /** Follows a 401. False where there is nothing better to say than what was said. */
  follow(answer: Answer, scope: string): Promise<boolean>;
  /** Where the credentials are from, for messages; undefined where there are none. */
  readonly from: string | undefined;
}

export interface AuthorizationOptions {
  /** Of the registry. */
  readonly base: URL;
  readonly credentials: FoundCredentials | undefined;
  readonly allowedRealms: readonly string[];
  readonly ask: AskRealm;
  readonly clock: Clock;
}

/** A token is asked for anew so long before it expires, in milliseconds. */
const EARLY = 10_000;
/** What the specification has for a token that does not say for how long it is good, in seconds. */
const USUAL_LIFE = 60;
const MAX_TOKEN = 64 * 1024;

const tokenSchema = z.looseObject({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().optional(),
});

interface Token {
  readonly header: string;
  /** In milliseconds since 1970. */
  readonly until: number;
}

export function createAuthorization({ base, credentials, allowedRealms, ask, clock }: AuthorizationOptions): Authorization {
  const tokens = new Map<string, Token>();
  const asking = new Map<string, Promise<Token>>();
  let basic: string | undefined;
  const passwordHeader =
    credentials?.credentials.kind === 'password'
      ? `Basic ${Buffer.from(`${credentials.credentials.username}:${credentials.credentials.password}`, 'utf8').toString('base64')}`
      : undefined;

  const valid = (scope: string): Token | undefined => {
    const token = tokens.get(scope);
    return token !== undefined && token.until - EARLY > clock.now().getTime() ? token : undefined;
  };

  const askToken = async ({ parameters }: Challenge, scope: string): Promise<Token> => {
    const realm = checkRealm(parameters.get('realm') ?? '', base, allowedRealms);
    const service = parameters.get('service');
    const what = `the token server ${realm.host} for ${base.host}`;
    const scopes = scope === '' ? [] : scope.split(' ');
    const answer =
      credentials?.credentials.kind === 'identity'
        ? await ask(realm, refreshForm(credentials.credentials.token, service, scopes))
        : await ask(tokenUrl(realm, service, scopes), {
            method: 'GET',
            headers: passwordHeader === undefined ? {} : { authorization: passwordHeader },
          });
    if (answer.status !== 200) {
      answer.discard();
      throw denied(`${what} answered ${answer.status}`, credentials?.from, base);
    }
    const read = tokenSchema.safeParse(parseJson(await smallBody(answer, what, MAX_TOKEN))).data;
    const token = read?.token || read?.access_token;
    if (!token) throw new MirrorError('FETCH_FAILED', `${what} answered without a token`);
    const life = Math.max(read?.expires_in ?? USUAL_LIFE, USUAL_LIFE);
    return { header: `Bearer ${token}`, until: clock.now().getTime() + life * 1000 };
  };

  return {
    from: credentials?.from,
    header: (scope) => basic ?? valid(scope)?.header,
    async follow(answer, scope) {
      const said = basic ?? valid(scope)?.header;
      const challenges = parseChallenges(answer.headers['www-authenticate'] ?? '');
      const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
      if (bearer !== undefined) {
        // Many requests meet the same 401 at once, and ask for one token.
        const running = asking.get(scope) ?? askToken(bearer, scope).finally(() => asking.delete(scope));
        asking.set(scope, running);
        const token = await running;
        tokens.set(scope, token);
        return token.header !== said;
      }
      if (challenges.some(({ scheme }) => scheme === 'basic') && passwordHeader !== undefined && basic === undefined) {
        basic = passwordHeader;
        return true;
      }
      return false;
    },
  };
}

/** That a registry lets nobody in with what there is. */
export function denied(why: string, from: string | undefined, base: URL): MirrorError {
  const used = from === undefined ? 'no credentials for it were found' : `with the credentials of ${from}`;
  return new MirrorError('FETCH_DENIED', `${why}; ${used}`, {
    hint: `Log in with \`skopeo login ${base.host}\`, \`podman login\` or \`docker login\`; mirror reads the file that they write.`,
  });
}

function tokenUrl(realm: URL, service: string | undefined, scopes: readonly string[]): URL {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  return url;
}

/** OAuth2's refresh, which identity tokens are for. */
function refreshForm(token: string, service: string | undefined, scopes: readonly string[]): Parameters<AskRealm>[1] {
  const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'mirror', refresh_token: token });
  if (service !== undefined) form.set('service', service);
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  const bytes = Buffer.from(form.toString());
  return {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: { length: bytes.length, content: only(bytes) },
  };
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
