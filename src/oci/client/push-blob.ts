import { isMirrorError, MirrorError } from '../../core/errors.ts';
import type { Answer, RequestBody } from '../../fetch/transport.ts';
import type { Descriptor } from '../format/descriptor.ts';
import { registryError } from './registry-error.ts';
import { fetchError, isTryFailure, type RegistryRequest, type RegistrySession } from './registry-session.ts';

export interface PushRequest {
  readonly repository: string;
  readonly scope: string;
  readonly blob: Descriptor;
  /** Its bytes from an offset on; called for each try. */
  readonly content: (start: number) => AsyncIterable<Buffer>;
}

/** A try that got this much further, in bytes, does not count. */
const PROGRESS = 1024 * 1024;

/**
 * Uploads a blob in one session: a POST and a PUT with all of its bytes (distribution specification, "POST then PUT"). After a broken connection the registry says how
 * much it has, and what is left follows. The registry itself checks the digest: CHECKSUM_MISMATCH where the bytes are others, and then it keeps nothing.
 * What `content` throws ends the upload, which is cancelled, and is thrown as it is.
 */
export async function pushBlob(session: RegistrySession, request: PushRequest): Promise<void> {
  let upload: Upload | undefined;
  let farthest = 0;
  for (let attempt = 0; ; attempt++) {
    upload ??= await begin(session, request);
    try {
      await send(session, request, upload);
      return;
    } catch (error) {
      if (!isTryFailure(error)) {
        await cancel(session, request, upload);
        throw error;
      }
      if (attempt >= session.retries) {
        await cancel(session, request, upload);
        throw fetchError(error, whatOf(request));
      }
      await session.pause(attempt, error);
      upload = await goOn(session, request, upload);
      if ((upload?.held ?? 0) >= farthest + PROGRESS) attempt = 0;
      farthest = Math.max(farthest, upload?.held ?? 0);
    }
  }
}

/** A session of the registry. */
interface Upload {
  readonly location: URL;
  /** Bytes that the registry has. */
  readonly held: number;
}

async function begin(session: RegistrySession, request: PushRequest): Promise<Upload> {
  const { repository, scope } = request;
  const what = `an upload to ${repository}`;
  const answer = await session.send({ method: 'POST', target: `/v2/${repository}/blobs/uploads/`, scope, what, body: noBody });
  if (answer.status !== 202) throw await registryError(answer, what);
  answer.discard();
  return { location: locationOf(session, answer), held: 0 };
}

async function send(session: RegistrySession, request: PushRequest, { location, held }: Upload): Promise<void> {
  const { scope, blob, content } = request;
  const url = new URL(location);
  url.searchParams.set('digest', blob.digest);
  const headers: Record<string, string> = { 'content-type': 'application/octet-stream' };
  if (held > 0) headers['content-range'] = `${held}-${blob.size - 1}`;
  const what = whatOf(request);
  const body = (): RequestBody => ({ length: blob.size - held, content: exactly(content(held), blob.size - held, what) });
  const answer = await session.send({ method: 'PUT', target: url, scope, what, headers, body, retry: false });
  if (answer.status !== 201 && answer.status !== 204) throw await registryError(answer, what);
  answer.discard();
}

/** Asks how much arrived. Undefined where the registry does not know, and the upload begins anew. */
async function goOn(session: RegistrySession, request: PushRequest, { location }: Upload): Promise<Upload | undefined> {
  const answer = await session.send({ method: 'GET', target: location, scope: request.scope, what: whatOf(request) });
  answer.discard();
  const end = /^(?:bytes=)?0-(\d+)$/.exec(answer.headers.range ?? '')?.[1];
  // What ends at 0 may be one byte or none.
  if (answer.status !== 204 || end === undefined || Number(end) === 0 || Number(end) + 1 >= request.blob.size) {
    if (answer.status === 204) await cancel(session, request, { location, held: 0 });
    return undefined;
  }
  return { location: locationOf(session, answer), held: Number(end) + 1 };
}

/** The registry forgets what it has of the blob. Where that fails, it does so by itself after some time. */
async function cancel(session: RegistrySession, { repository, scope }: PushRequest, { location }: Upload): Promise<void> {
  try {
    (await session.send({ method: 'DELETE', target: location, scope, what: `an upload to ${repository}`, retry: false })).discard();
  } catch (error) {
    if (!isTryFailure(error) && !isMirrorError(error)) throw error;
  }
}

/** Where the upload goes on: relative or absolute, but at the registry itself. */
export function locationOf({ base }: RegistrySession, { headers }: Answer): URL {
  const url = headers.location === undefined ? null : URL.parse(headers.location, base.href);
  if (url === null || url.host !== base.host || (base.protocol === 'https:' && url.protocol !== 'https:')) {
    throw new MirrorError(
      'REGISTRY_REFUSED',
      `${base.host} sends uploads to ${url === null ? 'no address' : url.origin}, which is another place`,
      {
        hint: 'A proxy in front of the registry may be set up wrongly: it must pass on the Host header and X-Forwarded-Proto.',
      },
    );
  }
  return url.protocol === base.protocol ? url : new URL(url.pathname + url.search, base);
}

/** A request without content, which some servers want to be said. */
export const noBody: RegistryRequest['body'] = () => ({ length: 0, content: nothing() });

async function* nothing(): AsyncGenerator<Buffer> {}

/** Ends before a request is wrong that has more or fewer bytes than were announced. */
async function* exactly(content: AsyncIterable<Buffer>, length: number, what: string): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > length) throw new MirrorError('CHECKSUM_MISMATCH', `${what} has more bytes than its descriptor says`);
    yield chunk;
  }
  if (size < length) throw new MirrorError('CHECKSUM_MISMATCH', `${what} has fewer bytes than its descriptor says`);
}

function whatOf({ blob, repository }: PushRequest): string {
  return `the blob ${blob.digest} to ${repository}`;
}
