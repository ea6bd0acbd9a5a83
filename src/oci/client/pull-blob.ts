import { MirrorError } from '../../core/errors.ts';
import { bodyOf } from '../../fetch/answer-body.ts';
import { TryFailure } from '../../fetch/failure.ts';
import type { Answer } from '../../fetch/transport.ts';
import type { Descriptor } from '../format/descriptor.ts';
import { registryError, replyOf } from './registry-error.ts';
import { fetchError, isTryFailure, type RegistrySession } from './registry-session.ts';

/** A try that got this much further, in bytes, does not count: bad lines carry large layers, too, piece by piece. */
const PROGRESS = 1024 * 1024;

export interface PullRequest {
  readonly repository: string;
  readonly scope: string;
  readonly blob: Descriptor;
  /** Bytes from its beginning that are not wanted. */
  readonly start: number;
}

/** The bytes of a blob, as many as its descriptor says; goes on where a connection broke. Errors: IMAGE_UNKNOWN, FETCH_*, ABORTED. They are not hashed. */
export async function* pullBlob(session: RegistrySession, request: PullRequest): AsyncGenerator<Buffer> {
  const { repository, blob, start } = request;
  const what = `the blob ${blob.digest} of ${repository} at ${session.base.host}`;
  let at = start;
  let counted = start;
  for (let attempt = 0; at < blob.size || (blob.size === 0 && attempt === 0); attempt++) {
    try {
      for await (const chunk of rest(session, { ...request, start: at }, what)) {
        at += chunk.length;
        yield chunk;
      }
      if (at === blob.size) return;
      throw new TryFailure('FETCH_TRUNCATED', `it ended after ${at} of ${blob.size} bytes`, { again: 'later' });
    } catch (error) {
      if (!isTryFailure(error)) throw error;
      if (at >= counted + PROGRESS) attempt = 0;
      counted = Math.max(counted, at);
      if (attempt >= session.retries) throw fetchError(error, what);
      await session.pause(attempt, error);
    }
  }
}

/** What one request gives of a blob. */
async function* rest(session: RegistrySession, { repository, scope, blob, start }: PullRequest, what: string): AsyncGenerator<Buffer> {
  const headers: Record<string, string> = start > 0 ? { range: `bytes=${start}-` } : {};
  const answer = await session.open({ method: 'GET', target: `/v2/${repository}/blobs/${blob.digest}`, scope, what, headers });
  let position = await startOf(answer, start, what);
  refuseLonger(answer, position, blob, what);
  for await (const chunk of bodyOf(answer)) {
    const wanted = chunk.subarray(Math.max(0, start - position));
    position += chunk.length;
    if (position > blob.size) throw tooLarge(what, blob.size);
    const pacing = session.pace(chunk.length);
    if (pacing !== undefined) await pacing;
    if (wanted.length > 0) yield wanted;
  }
}

/** At which byte the answer begins. */
async function startOf(answer: Answer, wanted: number, what: string): Promise<number> {
  if (answer.status === 200) return 0;
  if (answer.status === 206 && wanted > 0) {
    const start = /^bytes (\d{1,15})-/.exec(answer.headers['content-range'] ?? '')?.[1];
    if (start !== undefined && Number(start) <= wanted) return Number(start);
    answer.discard();
    throw new MirrorError('FETCH_FAILED', `${what}: the registry sends another part of it than was asked for`);
  }
  throw registryError(await replyOf(answer, what), what);
}

/** A body that says itself that it is too long is not begun. */
function refuseLonger(answer: Answer, from: number, { size }: Descriptor, what: string): void {
  const length = Number(answer.headers['content-length'] ?? 0);
  if (from + length <= size) return;
  answer.discard();
  throw tooLarge(what, size);
}

function tooLarge(what: string, size: number): MirrorError {
  return new MirrorError('FETCH_TOO_LARGE', `${what} has more than the ${size} bytes that it should have`);
}
