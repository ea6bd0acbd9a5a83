import { setTimeout as sleep } from 'node:timers/promises';
import { MirrorError } from '../../core/errors.ts';
import type { Bandwidth } from '../../fetch/bandwidth.ts';
import { TryFailure } from '../../fetch/failure.ts';
import type { ClientIdentity } from '../../fetch/place.ts';
import { isRedirect, MAXIMUM_REDIRECTS, redirectTarget } from '../../fetch/redirect.ts';
import { parseRetryAfter } from '../../fetch/retry-after.ts';
import type { Answer, RequestBody, Transport } from '../../fetch/transport.ts';
import { type Authorization, denied } from './authorization.ts';
import { inBrackets, mayPass, type RegistryReply, replyOf, saidIn } from './registry-error.ts';

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
  /** How many timeouts the answer may take once the body is sent; 1 where it is left out. */
  readonly patience?: number | undefined;
  /** Whether it is tried again after a failure that may pass; not where the caller does that itself. */
  readonly retry?: boolean | undefined;
}

/** Sends requests to one registry: says who this side is, tries again what may pass, and follows redirects of what is read. */
export interface RegistrySession {
  readonly base: URL;
  /** How often something is tried after the first time. */
  readonly retries: number;
  /**
   * An answer of any status, but for those that trying again or another authorization may change. Rejects with FETCH_*, REGISTRY_REFUSED and ABORTED, and with what a body
   * threw; with a TryFailure where `retry` is false.
   */
  open(request: RegistryRequest): Promise<Answer>;
  /** The same with the body, whole: FETCH_TOO_LARGE where it has more than `maxSize` bytes. */
  ask(request: RegistryRequest, maxSize?: number): Promise<RegistryReply>;
  /** Waits before the next try. ABORTED. */
  pause(attempt: number, failure: TryFailure): Promise<void>;
  /** Waits as long as the bandwidth that is allowed wants, after some bytes; undefined for not at all. ABORTED. */
  pace(bytes: number): Promise<void> | undefined;
}

export interface SessionOptions {
  readonly base: URL;
  readonly transport: Transport;
  readonly bandwidth: Bandwidth;
  readonly authorizationFor: (scope: string) => Authorization;
  readonly identity: ClientIdentity | undefined;
  readonly retries: number;
  /** Before the second try, in milliseconds; doubles with each further one. */
  readonly backoff: number;
  readonly signal: AbortSignal;
}

const LONGEST_PAUSE = 30_000;
/** How often it is tried at once what failed on this side: a kept connection that the registry had closed. */
const MOST_AT_ONCE = 3;
/** How often a 401 is followed: the second time a token that was good no longer is, or has too few rights. */
const MOST_CHALLENGES = 2;

export function createSession(options: SessionOptions): RegistrySession {
  const { base, transport, bandwidth, authorizationFor, identity, retries, backoff, signal } = options;
  /** The registry asked for a pause of everything, until this time of the monotonic clock. */
  let notBefore = 0;

  const wait = async (milliseconds: number): Promise<void> => {
    try {
      await sleep(Math.max(0, milliseconds), undefined, { signal });
    } catch {
      throw aborted();
    }
  };

  const pause = async (attempt: number, { again, retryAfter }: TryFailure): Promise<void> => {
    if (retryAfter !== undefined) notBefore = Math.max(notBefore, performance.now() + retryAfter);
    if (again !== 'now') await wait(Math.min(backoff * 2 ** attempt, LONGEST_PAUSE) * (0.5 + Math.random() / 2));
  };

  const once = async (request: RegistryRequest, url: URL, authorization: string | undefined): Promise<Answer> => {
    const home = url.origin === base.origin;
    const headers = home && authorization !== undefined ? { ...request.headers, authorization } : request.headers;
    const { method, patience } = request;
    return await transport.open(url, {
      method,
      headers,
      patience,
      body: request.body?.(),
      identity: home ? identity : undefined,
      signal,
    });
  };

  /** Follows redirects of GET and HEAD. Credentials stay with the registry. */
  const follow = async (request: RegistryRequest, authorization: string | undefined): Promise<{ answer: Answer; url: URL }> => {
    let url = typeof request.target === 'string' ? new URL(request.target, base) : request.target;
    for (let hops = 0; ; hops++) {
      const answer = await once(request, url, authorization);
      if (!isRedirect(answer.status)) return { answer, url };
      answer.discard();
      if (request.method !== 'GET' && request.method !== 'HEAD')
        throw new TryFailure('FETCH_REDIRECT', `the registry answered ${answer.status}, and what is sent to it follows no redirects`, {
          again: 'never',
        });
      if (hops === MAXIMUM_REDIRECTS)
        throw new TryFailure('FETCH_REDIRECT', `more than ${MAXIMUM_REDIRECTS} redirects`, { again: 'never' });
      url = redirectTarget(url, answer.headers.location);
    }
  };

  const authorized = async (request: RegistryRequest): Promise<Answer> => {
    const authorization = authorizationFor(request.scope);
    for (let challenges = 0; ; challenges++) {
      const header = await authorization.header(request.scope);
      const { answer, url } = await follow(request, header);
      const { status } = answer;
      if (status !== 401 && status !== 403) return answer;
      const said = inBrackets(await saidIn(answer));
      if (url.origin !== base.origin) throw denied(`${request.what}: ${base.host} leads to ${url.host}, which answered ${status}${said}`);
      const challenge = answer.headers['www-authenticate'] ?? '';
      const better = status === 401 && challenges < MOST_CHALLENGES && (await authorization.follow(challenge, request.scope, header));
      if (!better) throw denied(`${request.what}: ${base.host} answered ${status}${said}`, { tried: authorization.tried, base });
    }
  };

  const tried = async (request: RegistryRequest): Promise<Answer> => {
    const answer = await authorized(request);
    if (!mayPass(answer.status)) return answer;
    const retryAfter = parseRetryAfter(answer.headers['retry-after'], Date.now());
    const { status } = answer;
    const message = `the registry answered ${status}${inBrackets(await saidIn(answer))}`;
    throw new TryFailure('FETCH_FAILED', message, { again: 'later', status, retryAfter });
  };

  /** Waits before another try. Throws the failure where there is none. */
  const again = async (error: unknown, { retry, what }: RegistryRequest, tries: { counted: number; atOnce: number }): Promise<void> => {
    if (signal.aborted) throw aborted();
    if (!isTryFailure(error) || retry === false) throw error;
    const isFree = error.again === 'now' && tries.atOnce < MOST_AT_ONCE;
    if (error.again === 'never' || (!isFree && tries.counted >= retries)) throw fetchError(error, what);
    await pause(tries.counted, error);
    tries[isFree ? 'atOnce' : 'counted']++;
  };

  const repeat = async <T>(request: RegistryRequest, attempt: () => Promise<T>): Promise<T> => {
    const tries = { counted: 0, atOnce: 0 };
    for (;;) {
      const left = notBefore - performance.now();
      if (left > 0) await wait(left);
      try {
        return await attempt();
      } catch (error) {
        await again(error, request, tries);
      }
    }
  };

  return {
    base,
    retries,
    pause,
    pace(bytes) {
      const delay = bandwidth.book(bytes);
      return delay > 0 ? wait(delay) : undefined;
    },
    open: (request) => repeat(request, () => tried(request)),
    ask: (request, maxSize) => repeat(request, async () => await replyOf(await tried(request), request.what, maxSize)),
  };
}

/** Why one try failed, as the error of the whole. */
export function fetchError(failure: TryFailure, what: string): MirrorError {
  return new MirrorError(failure.code, `${what}: ${failure.message}`, {
    hint: failure.hint,
    details: failure.status === undefined ? undefined : { status: failure.status },
  });
}

export function isTryFailure(error: unknown): error is TryFailure {
  return error instanceof TryFailure;
}

function aborted(): MirrorError {
  return new MirrorError('ABORTED', 'talking to a registry was interrupted');
}
