import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { TryFailure } from '../../fetch/failure.ts';
import { bytesBody, type RequestBody } from '../../fetch/transport.ts';
import type { Descriptor } from '../format/descriptor.ts';
import { CheckedContent } from './checked-content.ts';
import { type RegistryReply, registryError } from './registry-error.ts';
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
/** How many timeouts a registry may take to store a blob, which it may have to hash and copy once more. */
const PATIENCE = 10;
/** Bytes for each of which it is given a timeout more. */
const PATIENCE_BYTES = 256 * 1024 * 1024;

/**
 * Uploads a blob in one session: a POST and a PUT with all of its bytes (distribution specification, "POST then PUT"). After a broken connection the registry says how
 * much it has, and what is left follows. CHECKSUM_MISMATCH where the source's bytes are others; the registry never gets the end of them, and the upload is cancelled.
 * What `content` throws ends the upload, too, and is thrown as it is.
 */
export async function pushBlob(session: RegistrySession, request: PushRequest): Promise<void> {
  const source = new CheckedContent(request.blob, request.content, whatOf(request));
  let upload: Upload | undefined;
  let farthest = 0;
  for (let attempt = 0; ; attempt++) {
    upload ??= await begin(session, request);
    try {
      await send(session, request, upload, source);
      return;
    } catch (error) {
      const { failure } = source;
      if (failure !== undefined || !isTryFailure(error) || error.again === 'never' || attempt >= session.retries) {
        await cancelUpload(session, request, upload.location);
        if (failure !== undefined) throw failure.error;
        throw isTryFailure(error) ? fetchError(error, whatOf(request)) : error;
      }
      await session.pause(attempt, error);
      if (await isThere(session, request)) return;
      upload = await goOn(session, request, upload, {
        sent: source.seen,
        refused: isRefusal(error) || (upload.held > 0 && error.status !== undefined),
      });
    }
    const held = upload?.held ?? 0;
    if (held >= farthest + PROGRESS) attempt = 0;
    farthest = Math.max(farthest, held);
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
  const reply = await session.ask({ method: 'POST', target: `/v2/${repository}/blobs/uploads/`, scope, what, body: noBody });
  if (reply.status !== 202) throw registryError(reply, what);
  return { location: locationOf(session, reply), held: 0 };
}

async function send(session: RegistrySession, request: PushRequest, { location, held }: Upload, source: CheckedContent): Promise<void> {
  const { scope, blob } = request;
  const url = new URL(location);
  url.searchParams.set('digest', blob.digest);
  const headers: Record<string, string> = { 'content-type': 'application/octet-stream' };
  if (held > 0 && held < blob.size) headers['content-range'] = `${held}-${blob.size - 1}`;
  const what = whatOf(request);
  const left = blob.size - held;
  const body = (): RequestBody => ({ length: left, content: paced(source.read(held), session) });
  const patience = PATIENCE + Math.ceil(blob.size / PATIENCE_BYTES);
  const reply = await session.ask({ method: 'PUT', target: url, scope, what, headers, body, patience, retry: false });
  const { status } = reply;
  if (status === 201 || status === 204) return;
  const failure = registryError(reply, what);
  // A session that it does not know any more, or knows otherwise, is one that another may replace.
  if (isRefusal({ status }) || held > 0) throw new TryFailure('FETCH_FAILED', failure.message, { again: 'later', status });
  throw failure;
}

/** That the registry does not know how to go on with an upload. */
function isRefusal({ status }: { readonly status?: number | undefined }): boolean {
  return status === 404 || status === 416;
}

/** Whether the blob has arrived after all, and only the answer did not. */
async function isThere(session: RegistrySession, { repository, scope, blob }: PushRequest): Promise<boolean> {
  const what = `the blob ${blob.digest} of ${repository}`;
  return (await session.ask({ method: 'HEAD', target: `/v2/${repository}/blobs/${blob.digest}`, scope, what })).status === 200;
}

interface Broken {
  /** Bytes that were sent at most. */
  readonly sent: number;
  /** Whether the registry did not know how to go on. */
  readonly refused: boolean;
}

/** Asks how much arrived. Undefined where the registry does not know, or cannot go on, and the upload begins anew. */
async function goOn(
  session: RegistrySession,
  request: PushRequest,
  { location }: Upload,
  { sent, refused }: Broken,
): Promise<Upload | undefined> {
  if (!refused) {
    const reply = await session.ask({ method: 'GET', target: location, scope: request.scope, what: whatOf(request) });
    const held = Number(/^(?:bytes=)?0-(\d{1,15})$/.exec(reply.headers.range ?? '')?.[1] ?? 0) + 1;
    // What ends at 0 may be one byte or none.
    if (reply.status === 204 && held > 1 && held <= sent)
      return { location: reply.headers.location === undefined ? location : locationOf(session, reply), held };
  }
  await cancelUpload(session, request, location);
  return undefined;
}

/** The registry forgets what it has of a blob. Where that fails, it does so by itself after some time. */
export async function cancelUpload(
  session: RegistrySession,
  { repository, scope }: Pick<PushRequest, 'repository' | 'scope'>,
  location: URL,
): Promise<void> {
  try {
    await session.ask({ method: 'DELETE', target: location, scope, what: `an upload to ${repository}`, retry: false });
  } catch (error) {
    if (!isTryFailure(error) && !isMirrorError(error)) throw error;
  }
}

/** Where an upload goes on: relative or absolute, but at the registry itself. REGISTRY_REFUSED for any other place. */
export function locationOf({ base }: RegistrySession, { headers }: RegistryReply): URL {
  const url = !headers.location ? null : URL.parse(headers.location, base.href);
  if (url === null || url.origin !== base.origin) {
    const place = url === null ? 'no address' : url.origin;
    throw new MirrorError('REGISTRY_REFUSED', `${base.origin} sends uploads to ${place}, which is another place`, {
      hint: 'A proxy in front of the registry may be set up wrongly: it must pass on the Host header and X-Forwarded-Proto.',
    });
  }
  url.username = '';
  url.password = '';
  return url;
}

/** A request without content, which some servers want to be said. */
export const noBody: RegistryRequest['body'] = () => bytesBody(Buffer.alloc(0));

/** No faster than the bandwidth that is allowed. */
async function* paced(content: AsyncIterable<Buffer>, session: RegistrySession): AsyncGenerator<Buffer> {
  for await (const chunk of content) {
    const pacing = session.pace(chunk.length);
    if (pacing !== undefined) await pacing;
    yield chunk;
  }
}

function whatOf({ blob, repository }: PushRequest): string {
  return `the blob ${blob.digest} to ${repository}`;
}
