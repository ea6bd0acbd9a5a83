import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { parsedJson } from '../../core/json.ts';
import { TryFailure } from '../../fetch/failure.ts';
import { parseRetryAfter } from '../../fetch/retry-after.ts';
import { type Answer, bytesBody, type RequestBody } from '../../fetch/transport.ts';
import { DOCKER_HUB } from '../format/reference.ts';
import type { RegistryCredentials } from './auth-file.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { FoundCredentials } from './credentials.ts';
import { checkRealm } from './realm.ts';
import { inBrackets, mayPass, saidIn, smallBody } from './registry-error.ts';

/** One request to a token server, whose redirects are not followed: it may carry a password. */
export type AskRealm = (
  url: URL,
  ask: { method: string; headers: Record<string, string>; body?: RequestBody | undefined },
) => Promise<Answer>;

/** Says who this side is, as a registry asks for it. FETCH_DENIED where its token server refuses, or is none that may be asked; a TryFailure where that may pass. */
export interface Authorization {
  /** The header for requests of a scope, as far as the registry has said how it wants it; undefined for none. */
  header(scope: string): Promise<string | undefined>;
  /**
   * Follows a 401. False where there is nothing better to say.
   * @param challenge the WWW-Authenticate header.
   * @param said what the refused request had as its header.
   */
  follow(challenge: string, scope: string, said: string | undefined): Promise<boolean>;
  /** Who this side was, for messages. */
  readonly tried: string;
}

/** How a registry wants to know who asks; for all of its repositories. */
export interface KnownChallenge {
  bearer?: Challenge | undefined;
  basic?: boolean | undefined;
}

export interface AuthorizationOptions {
  /** Of the registry. */
  readonly base: URL;
  /** Called when the registry first asks who this side is: many never do, and a credential helper may ask a person. */
  readonly credentials: () => Promise<FoundCredentials | undefined>;
  readonly allowedRealms: readonly string[];
  /** What was found out is kept here. */
  readonly known: KnownChallenge;
  readonly ask: AskRealm;
  readonly clock: Clock;
}

/** A token is asked for anew so long before it expires, in milliseconds. */
const EARLY = 10_000;
/** What the specification has for a token that does not say for how long it is good, in seconds. */
const USUAL_LIFE = 60;
const MAX_TOKEN = 256 * 1024;
/** Of a header's value; a line break in one would begin another header. */
const TOKEN = /^[\x21-\x7e]+$/;

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

export function createAuthorization({ base, credentials, allowedRealms, known, ask, clock }: AuthorizationOptions): Authorization {
  const tokens = new Map<string, Token>();
  const asking = new Map<string, Promise<Token>>();
  const host = hostOf(base);
  let tried = 'no credentials were sent';
  let finding: Promise<FoundCredentials | undefined> | undefined;

  const find = async (): Promise<RegistryCredentials | undefined> => {
    finding ??= credentials();
    const found = await finding;
    tried = found === undefined ? `no credentials for ${host} were found` : `with the credentials of ${found.from}`;
    return found?.credentials;
  };

  const password = async (): Promise<string | undefined> => {
    const who = await find();
    return who?.kind === 'password' ? basicHeader(who) : undefined;
  };

  const valid = (scope: string): Token | undefined => {
    const token = tokens.get(scope);
    return token !== undefined && token.until - EARLY > clock.now().getTime() ? token : undefined;
  };

  const askToken = async ({ parameters }: Challenge, scopes: readonly string[]): Promise<Token> => {
    const realm = checkRealm(parameters.get('realm') ?? '', base, allowedRealms);
    const service = parameters.get('service');
    const what = `the token server ${realm.host} for ${base.host}`;
    const who = await find();
    const answer =
      who?.kind === 'identity'
        ? await ask(realm, refreshForm(who.token, service, scopes))
        : await ask(tokenUrl(realm, service, scopes), {
            method: 'GET',
            headers: who === undefined ? {} : { authorization: basicHeader(who) },
          });
    if (answer.status !== 200) throw await tokenFailure(answer, what, { tried, base });
    const read = tokenSchema.safeParse(parsedJson((await smallBody(answer, what, MAX_TOKEN)).toString('utf8'))).data;
    const token = read?.token || read?.access_token;
    if (!token || !TOKEN.test(token)) throw new MirrorError('FETCH_FAILED', `${what} answered without a token`);
    const life = Math.max(read?.expires_in ?? USUAL_LIFE, USUAL_LIFE);
    return { header: `Bearer ${token}`, until: clock.now().getTime() + life * 1000 };
  };

  /** Many requests that need one token at once share it. */
  const renew = (challenge: Challenge, scope: string, further: readonly string[] = []): Promise<Token> => {
    const running = asking.get(scope);
    if (running !== undefined) return running;
    const scopes = [...new Set([...scope.split(' '), ...further])].filter((one) => one !== '');
    const token = askToken(challenge, scopes).finally(() => asking.delete(scope));
    asking.set(scope, token);
    return token.then((got) => {
      tokens.set(scope, got);
      return got;
    });
  };

  return {
    get tried() {
      return tried;
    },
    async header(scope) {
      const token = valid(scope);
      if (token !== undefined) return token.header;
      if (known.bearer === undefined) return known.basic === true ? await password() : undefined;
      try {
        return (await renew(known.bearer, scope)).header;
      } catch (error) {
        // What it does not give a token for may need none; where it does, the registry will say so.
        if (isMirrorError(error, 'FETCH_DENIED')) return undefined;
        throw error;
      }
    },
    async follow(challenge, scope, said) {
      const challenges = parseChallenges(challenge);
      const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
      if (bearer !== undefined) {
        known.bearer = bearer;
        const current = valid(scope)?.header;
        if (current !== undefined && current !== said) return true;
        tokens.delete(scope);
        // A registry that refuses a token for the scope may want it for what it calls itself.
        const further = said === undefined ? [] : (bearer.parameters.get('scope') ?? '').split(' ');
        return (await renew(bearer, scope, further)).header !== said;
      }
      if (!challenges.some(({ scheme }) => scheme === 'basic')) return false;
      const better = await password();
      if (better === undefined || better === said) return false;
      known.basic = true;
      known.bearer = undefined;
      return true;
    },
  };
}

/** That a registry lets nobody in with what there is. Without `who` the credentials have nothing to do with it. */
export function denied(why: string, who?: { readonly tried: string; readonly base: URL }): MirrorError {
  if (who === undefined) return new MirrorError('FETCH_DENIED', why);
  const host = hostOf(who.base);
  return new MirrorError('FETCH_DENIED', `${why}; ${who.tried}`, {
    hint: `Log in with \`skopeo login ${host}\`, \`podman login\` or \`docker login\`: mirror reads the file that they write. REGISTRY_AUTH_FILE names another.`,
  });
}

/** As references have it. */
function hostOf({ host }: URL): string {
  return host === DOCKER_HUB.registry ? DOCKER_HUB.host : host;
}

async function tokenFailure(answer: Answer, what: string, who: Parameters<typeof denied>[1]): Promise<Error> {
  const { status, headers } = answer;
  const why = `${what} answered ${status}${inBrackets(await saidIn(answer))}`;
  if (!mayPass(status)) return denied(why, who);
  return new TryFailure('FETCH_FAILED', why, {
    again: 'later',
    status,
    retryAfter: parseRetryAfter(headers['retry-after'], Date.now()),
  });
}

function basicHeader({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
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
    body: bytesBody(bytes),
  };
}
