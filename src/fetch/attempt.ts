import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMirrorError } from '../core/errors.ts';
import type { Bandwidth } from './bandwidth.ts';
import { statusFailure, TryFailure } from './failure.ts';
import type { DownloadTarget } from './fetcher.ts';
import { type Place, shownUrl } from './place.ts';
import { isRedirect, MAXIMUM_REDIRECTS, redirectTarget } from './redirect.ts';
import { parseRetryAfter } from './retry-after.ts';
import type { Answer, Transport } from './transport.ts';

/** One download over all its tries. */
export interface Job {
  readonly size: number | undefined;
  readonly maxSize: number;
  readonly target: DownloadTarget;
  /** Whether a later try may go on from what an earlier one got: only where something checks the whole. */
  readonly resumable: boolean;
  readonly onBytes: ((count: number) => void) | undefined;
  readonly signal: AbortSignal | undefined;
  /** The strong ETag under which the held bytes came, and from where. */
  validator: { readonly url: string; readonly etag: string } | undefined;
  /** The last answer had the wrong bytes: caches on the way are asked to look again. */
  distrustCaches: boolean;
}

export interface AttemptTools {
  readonly transport: Transport;
  readonly bandwidth: Bandwidth;
}

/** An answer that is to be read, and the offset in the file that it begins at. */
interface Found {
  readonly answer: Answer;
  readonly from: number;
  /** The size of the whole file: as wanted, or else as the server says. */
  readonly total: number | undefined;
}

/** Tries one URL once: asks, follows redirects, reads the body into the target and completes it. Throws TryFailure, or what the target threw. */
export async function tryOnce(place: Place, job: Job, tools: AttemptTools): Promise<void> {
  const { target } = job;
  if (target.held > 0 && (!job.resumable || (job.size !== undefined && target.held > job.size))) await target.restart();
  const found = await find(place, job, tools);
  const { headers } = found.answer;
  await readInto(found, job, tools.bandwidth);
  try {
    await target.complete();
  } catch (error) {
    if (!isMirrorError(error, 'CHECKSUM_MISMATCH')) throw error;
    job.distrustCaches = true;
    job.validator = undefined;
    throw new TryFailure('CHECKSUM_MISMATCH', error.message, {
      again: found.from > 0 ? 'now' : 'later',
      blamesServer: found.from === 0,
      hint: suspicion(headers) ?? error.hint,
    });
  }
}

async function find(place: Place, job: Job, tools: AttemptTools): Promise<Found> {
  const { target } = job;
  const held = target.held;
  let answer = await follow(place, requestHeaders(place, job, held), job, tools.transport);
  try {
    if (held > 0 && answer.status === 206) {
      const range = contentRange(answer.headers);
      if (range?.start === held) return found(answer, job, held, range.total);
    }
    if (held > 0 && (answer.status === 206 || answer.status === 416)) {
      answer.discard();
      await dropHeld(job);
      answer = await follow(place, requestHeaders(place, job, 0), job, tools.transport);
    }
    if (answer.status !== 200) throw statusFailure(answer.status, parseRetryAfter(answer.headers['retry-after'], Date.now()));
    if (target.held > 0) await dropHeld(job);
    const etag = answer.headers.etag;
    job.validator = etag?.startsWith('"') ? { url: place.given, etag } : undefined;
    return found(answer, job, 0, undefined);
  } catch (error) {
    answer.discard();
    throw error;
  }
}

async function dropHeld(job: Job): Promise<void> {
  job.validator = undefined;
  await job.target.restart();
}

function requestHeaders(place: Place, job: Job, from: number): Record<string, string> {
  const headers: Record<string, string> = {};
  if (job.distrustCaches) headers['cache-control'] = 'no-cache';
  if (from > 0) {
    headers['range'] = `bytes=${from}-`;
    if (job.validator?.url === place.given) headers['if-range'] = job.validator.etag;
  }
  return headers;
}

/** Asks and follows redirects. What belongs to the mirror's own server (its authorization, the client certificate) goes to that origin only. */
async function follow(place: Place, headers: Record<string, string>, job: Job, transport: Transport): Promise<Answer> {
  let url = place.url;
  for (let hops = 0; ; hops++) {
    job.signal?.throwIfAborted();
    const home = url.origin === place.url.origin;
    const own = home && place.authorization !== undefined ? { ...headers, authorization: place.authorization } : headers;
    let answer: Answer;
    try {
      answer = await transport.open(url, { headers: own, identity: home ? place.identity : undefined, signal: job.signal });
    } catch (error) {
      throw hops > 0 ? elsewhere(error, url) : error;
    }
    if (!isRedirect(answer.status)) {
      if ((answer.status === 401 || answer.status === 403) && !home && (place.authorization ?? place.identity) !== undefined) {
        answer.discard();
        throw new TryFailure('FETCH_DENIED', `the server redirected to ${shownUrl(url.href)}, which answered ${answer.status}`, {
          again: 'never',
          status: answer.status,
          hint: 'Credentials are sent to the configured server only; if they are for the other one, configure its address.',
        });
      }
      return answer;
    }
    answer.discard();
    if (hops === MAXIMUM_REDIRECTS)
      throw new TryFailure('FETCH_REDIRECT', `the server redirected more than ${MAXIMUM_REDIRECTS} times`, { again: 'never' });
    url = redirectTarget(url, answer.headers.location);
  }
}

/** A failure at the end of a redirect says where that was. */
function elsewhere(error: unknown, url: URL): unknown {
  if (!(error instanceof TryFailure)) return error;
  return new TryFailure(error.code, `${error.message}, after a redirect to ${url.origin}`, error);
}

function contentRange(headers: IncomingHttpHeaders): { start: number; total: number | undefined } | undefined {
  const [, start, total] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/i.exec(headers['content-range']?.trim() ?? '') ?? [];
  return start === undefined ? undefined : { start: Number(start), total: total === '*' ? undefined : Number(total) };
}

/** Compares what the server says about the size with what is wanted, before any of it is read. */
function found(answer: Answer, job: Job, from: number, statedTotal: number | undefined): Found {
  const { headers } = answer;
  const length = headers['transfer-encoding'] === undefined ? parseLength(headers['content-length']) : undefined;
  const whole = from === 0 ? length : statedTotal;
  const least = Math.max(whole ?? 0, from + (length ?? 0));
  if (job.size === undefined) {
    if (least > job.maxSize) throw tooLarge(`the file is ${least} bytes long, and at most ${job.maxSize} are accepted`, 'never', headers);
    return { answer, from, total: whole };
  }
  if (least > job.size) throw tooLarge(`the server says it is ${least} bytes long, and it should be ${job.size}`, 'later', headers);
  if (whole !== undefined && whole < job.size)
    throw new TryFailure('CHECKSUM_MISMATCH', `the server says it is ${whole} bytes long, and it should be ${job.size}`, {
      again: 'later',
      hint: suspicion(headers),
    });
  return { answer, from, total: job.size };
}

function parseLength(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

async function readInto(found: Found, job: Job, bandwidth: Bandwidth): Promise<void> {
  const { answer, from, total } = found;
  const { target, signal, onBytes } = job;
  const most = total ?? job.maxSize;
  let position = from;
  let excess = false;
  try {
    await answer.read((chunk) => {
      if (position + chunk.length > most) {
        excess = true;
        throw tooLarge(
          `the server sends more than the ${most} bytes that it should be`,
          job.size === undefined ? 'never' : 'later',
          answer.headers,
        );
      }
      const written = (): void => {
        position += chunk.length;
        onBytes?.(chunk.length);
      };
      const wait = bandwidth.book(chunk.length);
      if (wait > 0)
        return sleep(wait, undefined, signal === undefined ? {} : { signal })
          .then(() => target.write(chunk))
          .then(written);
      const writing = target.write(chunk)?.then(written);
      if (writing === undefined) written();
      return writing;
    });
  } catch (error) {
    if (excess) await dropHeld(job);
    throw error;
  }
  if (total !== undefined && position < total)
    throw new TryFailure('FETCH_TRUNCATED', `the server sent ${position} of ${total} bytes`, {
      again: 'later',
      hint: suspicion(answer.headers),
    });
}

function tooLarge(reason: string, again: 'never' | 'later', headers: IncomingHttpHeaders): TryFailure {
  return new TryFailure('FETCH_TOO_LARGE', reason, { again, hint: suspicion(headers) });
}

/** What the head of the answer suggests when the bytes are not the right ones. */
function suspicion(headers: IncomingHttpHeaders): string | undefined {
  if (/^\s*text\/html\b/i.test(headers['content-type'] ?? ''))
    return 'The server answered with an HTML page: a captive portal, a proxy or an error page may stand in for the file.';
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    return `The server or a proxy sent it with content-encoding ${encoding.slice(0, 40)}, although asked not to.`;
  return undefined;
}
