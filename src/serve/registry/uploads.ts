import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { DIGEST_ALGORITHMS, type DigestAlgorithm } from '../../oci/format/digest.ts';
import { checkDigest } from '../../oci/registry/names.ts';
import { registryProblem, registryProblemOf } from '../../oci/registry/problem.ts';
import type { ChunkRange, UploadStatus } from '../../oci/registry/uploads.ts';
import type { LinkedBlob } from '../../store/registry-tables.ts';
import { hasBody, readBody } from '../request-body.ts';
import { ALWAYS, type Exchange } from '../responses.ts';
import { blobLocation, type RegistryExchange, uploadLocation } from './exchange.ts';

interface UploadsRoute {
  readonly repository: string;
}

interface UploadRoute extends UploadsRoute {
  readonly id: string;
}

/** How often the clock of a connection is set back, in milliseconds. */
const PATIENCE_MS = 10_000;
const CONTENT_RANGE = /^(\d{1,15})-(\d{1,15})$/;

/** POST: mounts a blob, takes a whole one, or begins an upload, as the query says. */
export async function beginUpload(context: RegistryExchange, { repository }: UploadsRoute): Promise<void> {
  const { exchange, registry, query } = context;
  const mount = query.get('mount');
  if (mount !== null) {
    const mounted = await registry.mountBlob(repository, mount, query.get('from') ?? undefined, context.mayRead);
    if (mounted !== undefined) return created(exchange, repository, mounted);
  }
  const digest = mount === null ? query.get('digest') : null;
  if (digest !== null) {
    checkDigest(digest);
    const blob = await untilDurable(exchange, (body) => registry.putBlob(repository, digest, body));
    return created(exchange, repository, blob);
  }
  const status = await registry.uploads.begin(repository, algorithmOf(query.get('digest-algorithm')));
  answer(exchange, 202, statusHeaders(repository, status));
}

/** PATCH: adds a chunk. */
export async function appendToUpload({ exchange, registry }: RegistryExchange, { repository, id }: UploadRoute): Promise<void> {
  const chunk = { range: rangeOf(exchange.request), body: readBody(exchange) };
  const status = await tellingRange(exchange, { registry, repository, id }, () => registry.uploads.append(repository, id, chunk));
  answer(exchange, 202, statusHeaders(repository, status));
}

/** PUT: ends an upload, with or without a last chunk. */
export async function finishUpload({ exchange, registry, query }: RegistryExchange, { repository, id }: UploadRoute): Promise<void> {
  const digest = query.get('digest');
  if (digest === null) throw registryProblem('digest-invalid', 'the query has no digest');
  const range = hasBody(exchange.request) ? rangeOf(exchange.request) : undefined;
  const blob = await tellingRange(exchange, { registry, repository, id }, () =>
    untilDurable(exchange, (body) => registry.uploads.finish(repository, id, digest, { range, body })),
  );
  created(exchange, repository, blob);
}

/** GET: how far it is. */
export async function uploadStatus({ exchange, registry }: RegistryExchange, { repository, id }: UploadRoute): Promise<void> {
  answer(exchange, 204, statusHeaders(repository, await registry.uploads.status(repository, id)));
}

/** DELETE */
export async function cancelUpload({ exchange, registry }: RegistryExchange, { repository, id }: UploadRoute): Promise<void> {
  await registry.uploads.cancel(repository, id);
  answer(exchange, 204, {});
}

function created(exchange: Exchange, repository: string, { digest }: LinkedBlob): void {
  answer(exchange, 201, { Location: blobLocation(repository, digest), 'Docker-Content-Digest': digest });
}

function answer({ response }: Exchange, status: number, headers: OutgoingHttpHeaders): void {
  // RFC 9110 section 8.6: a 204 has no Content-Length.
  response.writeHead(status, { ...ALWAYS, ...(status === 204 ? {} : { 'Content-Length': 0 }), ...headers }).end();
}

function statusHeaders(repository: string, { id, size }: UploadStatus): OutgoingHttpHeaders {
  return {
    Location: uploadLocation(repository, id),
    Range: `0-${Math.max(0, size - 1)}`,
    'Docker-Upload-UUID': id,
    'Cache-Control': 'no-store',
  };
}

/** With a 416 goes what the next chunk should have been. */
async function tellingRange<T>(
  { response }: Exchange,
  { registry, repository, id }: Pick<RegistryExchange, 'registry'> & UploadRoute,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (registryProblemOf(error) === 'range-invalid') {
      const headers = statusHeaders(repository, await registry.uploads.status(repository, id));
      for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
    }
    throw error;
  }
}

/**
 * Does what takes a request's body and makes it durable. That may take longer for a large blob than a connection is allowed to be silent, which counts
 * only while the client is to send something.
 */
async function untilDurable<T>(exchange: Exchange, work: (body: AsyncIterable<Buffer>) => Promise<T>): Promise<T> {
  const { socket } = exchange.request;
  let patience: NodeJS.Timeout | undefined;
  async function* body(): AsyncGenerator<Buffer> {
    yield* readBody(exchange);
    patience = setInterval(() => socket.setTimeout(socket.timeout ?? 0), PATIENCE_MS);
  }
  try {
    return await work(body());
  } finally {
    clearInterval(patience);
  }
}

function algorithmOf(text: string | null): DigestAlgorithm | undefined {
  if (text === null) return undefined;
  const algorithm = DIGEST_ALGORITHMS.find((known) => known === text);
  if (algorithm === undefined) throw registryProblem('digest-invalid', `digests by ${text.slice(0, 50)} are not known here`);
  return algorithm;
}

function rangeOf({ headers }: IncomingMessage): ChunkRange | undefined {
  const text = headers['content-range'];
  if (text === undefined) return undefined;
  const [, first, last] = CONTENT_RANGE.exec(text) ?? [];
  const range = { start: Number(first), end: Number(last) };
  if (first === undefined || last === undefined || range.end < range.start)
    throw registryProblem('range-invalid', `"${text.slice(0, 50)}" is no Content-Range such as 0-1023`);
  const length = headers['content-length'];
  if (length !== undefined && Number(length) !== range.end - range.start + 1)
    throw registryProblem('size-invalid', `the chunk has ${length} bytes, its Content-Range says ${range.end - range.start + 1}`);
  return range;
}
