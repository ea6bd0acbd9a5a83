import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, isMirrorError, MirrorError } from '../core/errors.ts';
import { TryFailure } from './failure.ts';
import type { Origins } from './origins.ts';
import type { Place } from './place.ts';

export interface RetrySettings {
  /** Further tries of each place after the first. */
  readonly retries: number;
  /** Delay before the second try, in milliseconds; doubles with each further one. */
  readonly backoff: number;
  /** The longest delay that doubling leads to, in milliseconds. */
  readonly backoffCeiling: number;
}

export interface RetryTask {
  readonly places: readonly Place[];
  readonly signal: AbortSignal | undefined;
  /** Throws TryFailure when another try or place may do better; anything else ends the task. */
  attempt(place: Place): Promise<void>;
  /** How many bytes are held. A try that got a good piece further does not use up the tries. */
  held(): number;
}

/** A try that ended at least this many bytes beyond every earlier one is not counted: bad lines carry large files, too, piece by piece. */
const PROGRESS = 1024 * 1024;
/** How many uncounted tries at once there may be in a row. */
const MOST_AT_ONCE = 4;

interface Candidate {
  readonly place: Place;
  /** Counted tries, for giving up. */
  tries: number;
  /** Every try, for the message. */
  asked: number;
  atOnce: number;
  /** Not before this time, in milliseconds since 1970. */
  notBefore: number;
  /** The pause that the server asked other downloads for was kept once. */
  paused: boolean;
  over: boolean;
  failure: TryFailure | undefined;
}

/**
 * Tries places, best first and those of failing servers last, until one works; waits only when all that are left were tried.
 * Returns the place that worked. Throws ABORTED, what the attempt threw, or the most telling of the failures with all of them in the message.
 */
export async function withRetries(task: RetryTask, settings: RetrySettings, origins: Origins): Promise<Place> {
  const candidates = task.places.map(
    (place): Candidate => ({ place, tries: 0, asked: 0, atOnce: 0, notBefore: 0, paused: false, over: false, failure: undefined }),
  );
  let farthest = task.held();
  for (;;) {
    const left = candidates.filter((candidate) => !candidate.over);
    if (left.length === 0) throw failureOf(candidates);
    const ready = left.filter((candidate) => readyAt(candidate, origins) <= Date.now());
    if (ready.length === 0) {
      await waitForOne(left, origins, task);
      continue;
    }
    for (const candidate of worstLast(ready, origins)) {
      if (await tryCandidate(candidate, task, origins)) return candidate.place;
      const progressed = task.held() >= farthest + PROGRESS;
      farthest = Math.max(farthest, task.held());
      judge(candidate, progressed, settings);
    }
  }
}

function worstLast(candidates: readonly Candidate[], origins: Origins): Candidate[] {
  if (candidates.length === 1) return [...candidates];
  const penalties = new Map(candidates.map((candidate) => [candidate, origins.penalty(candidate.place.url.origin)]));
  return candidates.toSorted((a, b) => (penalties.get(a) ?? 0) - (penalties.get(b) ?? 0));
}

function readyAt(candidate: Candidate, origins: Origins): number {
  return candidate.paused ? candidate.notBefore : Math.max(candidate.notBefore, origins.pausedUntil(candidate.place.url.origin));
}

async function waitForOne(candidates: readonly Candidate[], origins: Origins, task: RetryTask): Promise<void> {
  const next = candidates.reduce((a, b) => (readyAt(b, origins) < readyAt(a, origins) ? b : a));
  const delay = Math.max(0, readyAt(next, origins) - Date.now());
  try {
    await sleep(delay, undefined, task.signal === undefined ? {} : { signal: task.signal });
  } catch (error) {
    throw aborted(next.place, error);
  }
  next.paused = true;
}

/** True when it worked; notes the failure otherwise. */
async function tryCandidate(candidate: Candidate, task: RetryTask, origins: Origins): Promise<boolean> {
  const { place } = candidate;
  const { origin } = place.url;
  candidate.asked++;
  try {
    await task.attempt(place);
  } catch (error) {
    if (task.signal?.aborted === true && (error === task.signal.reason || !isMirrorError(error))) throw aborted(place, error);
    if (!(error instanceof TryFailure)) throw error;
    candidate.failure = error;
    if (error.blamesServer) origins.failed(origin);
    if (error.retryAfter !== undefined) origins.pause(origin, Date.now() + error.retryAfter);
    return false;
  }
  origins.worked(origin);
  return true;
}

/** Decides whether and when the place is tried again. */
function judge(candidate: Candidate, progressed: boolean, settings: RetrySettings): void {
  const { failure } = candidate;
  candidate.paused = false;
  if (failure?.again === 'now' && candidate.atOnce < MOST_AT_ONCE) {
    candidate.atOnce++;
    candidate.notBefore = 0;
    return;
  }
  candidate.atOnce = 0;
  candidate.tries = progressed ? 0 : candidate.tries + 1;
  candidate.over = failure?.again === 'never' || candidate.tries > settings.retries;
  candidate.notBefore = Date.now() + (failure?.retryAfter ?? delayBefore(candidate.tries, settings));
}

/** Exponential, with the upper half random so that many downloads do not come back at the same moment. In milliseconds. */
function delayBefore(tries: number, settings: RetrySettings): number {
  const full = Math.min(settings.backoff * 2 ** Math.max(0, tries - 1), settings.backoffCeiling);
  return full * (0.5 + Math.random() / 2);
}

function aborted(place: Place, cause: unknown): MirrorError {
  return new MirrorError('ABORTED', `fetching ${place.shown} was interrupted`, { cause });
}

/** The most telling first: what the bytes were, then what the server refused, then what went wrong on the way. */
const TELLING: readonly ErrorCode[] = [
  'CHECKSUM_MISMATCH',
  'FETCH_TOO_LARGE',
  'FETCH_DENIED',
  'FETCH_REDIRECT',
  'FETCH_TRUNCATED',
  'FETCH_TIMEOUT',
  'FETCH_FAILED',
  'FETCH_NOT_FOUND',
];
/** How many places a message names. */
const NAMED = 20;

function failureOf(candidates: readonly Candidate[]): MirrorError {
  const rank = (candidate: Candidate): number => TELLING.indexOf(candidate.failure?.code ?? 'FETCH_FAILED');
  const telling = candidates.reduce((a, b) => (rank(b) < rank(a) ? b : a));
  const failure = telling.failure;
  const each = candidates.slice(0, NAMED).map(describe);
  const more = candidates.length > NAMED ? `; and ${candidates.length - NAMED} more` : '';
  const message =
    candidates.length === 1
      ? `cannot fetch ${each[0]}`
      : `cannot fetch a file from any of ${candidates.length} places: ${each.join('; ')}${more}`;
  return new MirrorError(failure?.code ?? 'FETCH_FAILED', message, {
    hint: failure?.hint,
    details: {
      url: telling.place.shown,
      tries: candidates.reduce((sum, candidate) => sum + candidate.asked, 0),
      ...(failure?.status === undefined ? {} : { status: failure.status }),
    },
  });
}

function describe({ place, failure, asked }: Candidate): string {
  return `${place.shown}: ${failure?.message ?? 'not tried'}${asked > 1 ? ` (tried ${asked} times)` : ''}`;
}
