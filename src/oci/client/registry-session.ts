import { setTimeout as sleep } from 'node:timers/promises';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { TryFailure } from '../../fetch/failure.ts';
import type { ClientIdentity } from '../../fetch/place.ts';
import { isRedirect, MAXIMUM_REDIRECTS, redirectTarget } from '../../fetch/redirect.ts';
import { parseRetryAfter } from '../../fetch/retry-after.ts';
import type { Answer, RequestBody, Transport } from '../../fetch/transport.ts';
import { type Authorization, denied } from './authorization.ts';

/** One request to a registry. */
export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the registry's address, or an address of its own there. */
  readonly target: string | URL;
  /** What the right to it is called: `repository:team/app:pull,push`. */
  readonly scope: string;
  /** For messages: "the manifest v1 of team/app". */
  readonly what: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Called for each try. */
  readonly body?: (() => RequestBody) | undefined;
  /** Whether it is tried again after a failure that may pass; not where the caller does that itself. */
  readonly retry?: boolean | undefined;
}

/** Sends requests to one registry: says who this side is, tries again what may pass, and follows redirects of what is read. */
export interface RegistrySession {
  readonly base: URL;
  /** An answer of any status, but for those that trying again or another authorization may change. Rejects with FETCH_* and ABORTED, and with what a body threw. */
  send(request: RegistryRequest): Promise<Answer>;
  /** Waits before the next try. ABORTED. */
  pause(attempt: number, failure: TryFailure): Promise<void>;
  /** How often something is tried after the first time. */
  readonly retries: number;
}

export interface SessionOptions {
  readonly base: URL;
  readonly transport: Transport;
  readonly authorizationFor: (scope: string) => Promise<Authorization>;
  readonly identity: ClientIdentity | undefined;
  readonly retries: number;
  /** Before the second try, in milliseconds; doubles with each further one. */
  readonly backoff: number;
  readonly signal: AbortSignal;
}

const LONGEST_PAUSE = 30_000;

export function createSession({ base, transport, authorizationFor, identity, retries, backoff, signal }: SessionOptions): RegistrySession {
  /** The registry asked for a pause of everything, until this time of the monotonic clock. */
  let notBefore = 0;

  const pause = async (attempt: number, failure: TryFailure): Promise<void> => {
    const doubled = Math.min(backoff * 2 ** attempt, LONGEST_PAUSE) * (0.5 + Math.random());
    if (failure.retryAfter !== undefined) notBefore = Math.max(notBefore, performance.now() + failure.retryAfter);
    const wait = failure.again === 'now' ? 0 : Math.max(doubled, notBefore - performance.now());
    try {
      await sleep(wait, undefined, { signal });
    } catch {
      throw aborted();
    }
  };

  const once = async (request: RegistryRequest, url: URL, authorization: Authorization): Promise<Answer> => {
    const home = url.origin === base.origin;
    const header = home ? authorization.header(request.scope) : undefined;
    const headers = header === undefined ? request.headers : { ...request.headers, authorization: header };
    try {
      return await transport.open(url, {
        method: request.method,
        headers,
        body: request.body?.(),
        identity: home ? identity : undefined,
        signal,
      });
    } catch (error) {
      if (signal.aborted) throw aborted();
      throw error;
    }
  };

  /** Follows redirects of GET and HEAD. Credentials stay with the registry. */
  const follow = async (request: RegistryRequest, authorization: Authorization): Promise<Answer> => {
    let url = typeof request.target === 'string' ? new URL(request.target, base) : request.target;
    for (let hops = 0; ; hops++) {
      const answer = await once(request, url, authorization);
      const reads = request.method === 'GET' || request.method === 'HEAD';
      if (!isRedirect(answer.status) || !reads) return answer;
      answer.discard();
      if (hops === MAXIMUM_REDIRECTS)
        throw new TryFailure('FETCH_REDIRECT', `more than ${MAXIMUM_REDIRECTS} redirects`, { again: 'never' });
      url = redirectTarget(url, answer.headers.location);
    }
  };

  const authorized = async (request: RegistryRequest): Promise<Answer> => {
    const authorization = await authorizationFor(request.scope);
    let answer = await follow(request, authorization);
    if (answer.status === 401) {
      const better = await authorization.follow(answer, request.scope);
      answer.discard();
      if (!better) throw denied(`${request.what}: ${base.host} wants to know who asks`, authorization.from, base);
      answer = await follow(request, authorization);
      if (answer.status === 401) {
        answer.discard();
        throw denied(`${request.what}: ${base.host} answered 401`, authorization.from, base);
      }
    }
    if (answer.status === 403) {
      answer.discard();
      throw denied(`${request.what}: ${base.host} does not allow it (403)`, authorization.from, base);
    }
    const failure = passing(answer);
    if (failure === undefined) return answer;
    answer.discard();
    throw failure;
  };

  return {
    base,
    retries,
    pause,
    async send(request) {
      let atOnce = 0;
      for (let attempt = 0; ; attempt++) {
        try {
          return await authorized(request);
        } catch (error) {
          if (!(error instanceof TryFailure)) throw error;
          const again = error.again === 'now' ? atOnce++ < 3 : error.again === 'later' && attempt < retries;
          if (request.retry === false) throw error;
          if (!again) throw fetchError(error, request.what);
          await pause(attempt, error);
        }
      }
    },
  };
}

/** Why one try failed, as the error of the whole. */
export function fetchError(failure: TryFailure, what: string): MirrorError {
  return new MirrorError(failure.code, `${what}: ${failure.message}`, { hint: failure.hint });
}

/** A failure of the registry that may pass. */
function passing({ status, headers }: Answer): TryFailure | undefined {
  if (status < 500 && status !== 408 && status !== 429) return undefined;
  // What it does not do at all, it will not do later.
  if (status === 501 || status === 505) return undefined;
  const retryAfter = parseRetryAfter(headers['retry-after'], Date.now());
  return new TryFailure('FETCH_FAILED', `the registry answered ${status}`, { again: 'later', status, retryAfter });
}

function aborted(): MirrorError {
  return new MirrorError('ABORTED', 'the work was interrupted', { hint: 'Run it again to go on where it stopped.' });
}

/** Whether an error is of a connection that broke, so that trying again may help; what a body threw is not. */
export function isTryFailure(error: unknown): error is TryFailure {
  return error instanceof TryFailure && !isMirrorError(error);
}
