import type { FastifyInstance, FastifyReply } from 'fastify';
import { reasonOf } from '../core/errors.ts';
import type { BlobStore } from '../store/blobs.ts';
import type { PublicationState } from '../store/catalogue.ts';
import type { Published } from './published.ts';

/** First segments of paths that are the server's own; no publication is there. */
const RESERVED = new Set(['healthz', 'readyz', 'metrics', 'api', 'v2', '-']);

/** Whether a canonical path is the server's own and not of a repository. */
export function isReserved(path: string): boolean {
  const end = path.indexOf('/', 1);
  return RESERVED.has(path.slice(1, end < 0 ? undefined : end));
}

export interface ReservedOptions {
  readonly published: Published;
  readonly blobs: BlobStore;
  readonly draining: () => boolean;
}

const KEY_FILE = /^([A-Za-z0-9][A-Za-z0-9._-]*)\.asc$/;

/** The server's own addresses: health, readiness, public keys. Everything else under the reserved names is 404. */
export function addReservedRoutes(app: FastifyInstance, { published, blobs, draining }: ReservedOptions): void {
  app.addHook('onSend', async (_request, reply) => {
    reply.header('X-Content-Type-Options', 'nosniff');
  });
  app.setNotFoundHandler(async (_request, reply) => sendText(reply, 404, 'There is nothing here.'));
  app.setErrorHandler(async (error, _request, reply) => {
    const status = error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
    return await sendText(reply, status, status < 500 ? 'The request cannot be understood.' : 'The server failed to answer.');
  });

  app.get('/healthz', async (_request, reply) => sendText(reply, 200, 'ok'));
  app.get('/readyz', async (_request, reply) => {
    const checks = { server: draining() ? 'stopping' : 'ok', state: published.problem() ?? 'ok', pool: await poolCheck(published, blobs) };
    const ready = Object.values(checks).every((check) => check === 'ok');
    return await reply
      .code(ready ? 200 : 503)
      .header('Cache-Control', 'no-store')
      .type('application/json; charset=utf-8')
      .send(`${JSON.stringify({ ready, checks })}\n`);
  });
  app.get<{ Params: { file: string } }>('/-/keys/:file', async (request, reply) => {
    const { publications } = await published.view();
    const name = KEY_FILE.exec(request.params.file)?.[1];
    const key =
      name === undefined
        ? undefined
        : findKey(
            publications.map(({ state }) => state),
            name,
          );
    if (key === undefined) return await sendText(reply, 404, 'There is no such key.');
    return await reply.header('Cache-Control', 'no-cache').type('application/pgp-keys').send(key);
  });
}

/** Reads the current generation's map of a publication, as far as asking for its size. */
async function poolCheck(published: Published, blobs: BlobStore): Promise<string> {
  const { publications } = await published.view();
  const digest = publications[0]?.state.generation.digest ?? '0'.repeat(64);
  try {
    const size = await blobs.stat(digest);
    return size === undefined && publications.length > 0 ? 'a published generation is missing from the pool' : 'ok';
  } catch (error) {
    return reasonOf(error);
  }
}

/** The armored public key that a publication with this name is signed with, or that has this fingerprint: our own or an upstream's. */
function findKey(states: readonly PublicationState[], wanted: string): string | undefined {
  const named = states.find(({ name }) => name === wanted);
  if (named !== undefined) return named.publicKey;
  const fingerprint = wanted.toUpperCase();
  const own = states.find(({ signedBy }) => signedBy === fingerprint)?.publicKey;
  return own ?? states.flatMap(({ packageKeys }) => packageKeys).find((key) => key.fingerprint === fingerprint)?.armored;
}

async function sendText(reply: FastifyReply, status: number, text: string): Promise<FastifyReply> {
  return await reply.code(status).header('Cache-Control', 'no-store').type('text/plain; charset=utf-8').send(`${text}\n`);
}
