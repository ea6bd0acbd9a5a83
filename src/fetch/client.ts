import { isMirrorError, MirrorError } from '../core/errors.ts';
import { type Environment, proxyVariables } from './agents.ts';
import { type AttemptTools, type Job, tryOnce } from './attempt.ts';
import { createBandwidth } from './bandwidth.ts';
import type { DownloadRequest, DownloadTarget, Fetcher, FetchRequest, HttpSettings } from './fetcher.ts';
import { createLine } from './line.ts';
import { openTransport } from './open-transport.ts';
import { createOrigins } from './origins.ts';
import { type Place, parsePlace } from './place.ts';
import { createPlainRoutes } from './plain-routes.ts';
import { type RetrySettings, withRetries } from './retry.ts';
import type { SpeedFloor } from './timeouts.ts';

/** What is not configured but can be set by tests. Times in milliseconds. */
export interface FetcherOptions {
  /** Before the second try of a place; default 500. */
  readonly backoff?: number;
  /** Default: 512 bytes a second, over 60 s or twice the timeout, whichever is longer. */
  readonly speedFloor?: SpeedFloor;
}

const BACKOFF = 500;
const BACKOFF_CEILING = 30_000;

/**
 * The one way to upstreams. Reads `settings.ca`, a path that is already resolved; CONFIG_INVALID when that fails.
 * @param environment http_proxy, https_proxy and no_proxy are heeded; `settings.proxy` wins over the first two.
 */
export async function createFetcher(settings: HttpSettings, environment: Environment, options: FetcherOptions = {}): Promise<Fetcher> {
  const { transport, timeout, userAgent } = await openTransport(settings, environment, options);
  const tools: AttemptTools = { transport, bandwidth: createBandwidth(settings.bandwidth) };
  const retry: RetrySettings = { retries: settings.retries, backoff: options.backoff ?? BACKOFF, backoffCeiling: BACKOFF_CEILING };
  const origins = createOrigins();
  const line = createLine(settings.concurrency);
  const direct = settings.bandwidth === 0 && proxyVariables(settings.proxy, environment) === undefined;
  const routes = createPlainRoutes({ userAgent, timeout });

  const run = async (request: FetchRequest, job: Job): Promise<Place> => {
    const urls = request.urls.length > 1 ? [...new Set(request.urls)] : request.urls;
    const places = urls.map((url) => parsePlace(url, request.credentials));
    if (places.length === 0) throw new MirrorError('FETCH_FAILED', 'there is no address to fetch from');
    let begun = false;
    return withRetries(
      {
        places,
        signal: request.signal,
        held: () => job.target.held,
        attempt: (place) => {
          // What was begun goes before what waits, or a retry would stand behind thousands of others.
          const first = begun;
          begun = true;
          return line.run(() => tryOnce(place, job, tools), first);
        },
      },
      retry,
      origins,
    );
  };

  return {
    async document(request) {
      const target = memoryTarget();
      const job = jobFor({ ...request, target }, false);
      const place = await run(request, job);
      return { bytes: target.bytes(), url: place.given };
    },
    async download(request) {
      const { target, size } = request;
      if (size !== undefined && target.held === size && (await isWhole(target))) return;
      await run(request, jobFor(request, true));
    },
    plain: (url, credentials) => (direct && /^http:/i.test(url) ? routes.placeOf(parsePlace(url, credentials)) : undefined),
    occupy: (task) => line.run(task, false),
    async close() {
      transport.close();
    },
  };
}

function jobFor(request: DownloadRequest, resumable: boolean): Job {
  const { size, maxSize, target, onBytes, signal } = request;
  return { size, maxSize, target, onBytes, signal, resumable, validator: undefined, distrustCaches: false };
}

/** Whether what an earlier run left is the whole file. The target drops what turns out to be wrong. */
async function isWhole(target: DownloadTarget): Promise<boolean> {
  try {
    await target.complete();
    return true;
  } catch (error) {
    if (!isMirrorError(error, 'CHECKSUM_MISMATCH')) throw error;
    return false;
  }
}

function memoryTarget(): DownloadTarget & { bytes(): Buffer } {
  let chunks: Buffer[] = [];
  let held = 0;
  return {
    get held() {
      return held;
    },
    write(chunk) {
      chunks.push(chunk);
      held += chunk.length;
      return undefined;
    },
    async restart() {
      chunks = [];
      held = 0;
    },
    async complete() {},
    bytes: () => Buffer.concat(chunks, held),
  };
}
