import { statSync } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { reasonOf } from '../core/errors.ts';
import type { BlobStore } from '../store/blobs.ts';
import type { PublicationState } from '../store/catalogue.ts';
import { loadGeneration } from '../store/generation-map.ts';
import { openPool } from '../store/pool.ts';
import { openCatalogue } from '../store/state.ts';
import { storageError } from '../store/storage-errors.ts';
import { type Connections, trackConnections } from './connections.ts';
import { createFileOpener } from './file-content.ts';
import { listenOn, serverUrl } from './listen.ts';
import type { Log } from './log.ts';
import { createMemoryCache } from './memory-cache.ts';
import { openPublished, type Published } from './published.ts';
import { createRegistryHandler, type RegistryHandler } from './registry/handler.ts';
import { openAuthorizer } from './registry/open-authorizer.ts';
import { createRegistryAccess } from './registry/registry-access.ts';
import { isRegistryTarget } from './registry/route.ts';
import { type Renew, type RenewalOptions, startRenewal } from './renewal.ts';
import { createRepository, type Repository } from './repository.ts';
import { discardBody } from './request-body.ts';
import { escapePath, originForm, parseRequestTarget } from './request-path.ts';
import { addReservedRoutes, isReserved } from './reserved.ts';
import { type Exchange, sendText } from './responses.ts';
import { inheritedSocket, notifySystemd } from './systemd.ts';
import { readTls, watchTls } from './tls.ts';

export interface StartServerOptions {
  readonly config: Config;
  /** The storage directory, absolute. What is there is only read. */
  readonly storage: string;
  /** ADDRESS:PORT; port 0 for a free one. */
  readonly listen: string;
  readonly environment: Environment;
  readonly log: Log;
  readonly clock: Clock;
  /** Log every request. Off by default. */
  readonly accessLog?: boolean;
  /** Renews publications whose metadata expires; they are not renewed without it. */
  readonly renew?: Renew | undefined;
}

export interface RunningServer {
  /** Where this machine reaches it, with the real port and without a last `/`. */
  readonly url: string;
  /** Stops gracefully: no new connections, requests that are under way end, for up to 60 s. */
  close(): Promise<void>;
}

/** Time limits on connections, in milliseconds. apt and dnf keep connections open between files. */
const TIMEOUTS = {
  keepAlive: 75_000,
  headers: 10_000,
  /** A whole request: the layers of an image take as long as they take. */
  request: 0,
  /** Without anything sent or received. */
  idle: 60_000,
  check: 2_000,
  drain: 60_000,
} as const;
/** Bytes of indexes and signed documents that are held in memory. */
const MEMORY_CACHE = 48 * 1024 * 1024;
const MAX_TARGET = 8 * 1024;

/**
 * Starts serving what is published, and the registry. Throws LISTEN when it cannot listen or the TLS certificate cannot be used, STORAGE when there is no storage,
 * USERS_INVALID or KEY_PERMISSIONS when the registry's users cannot be used.
 */
export async function startServer(options: StartServerOptions): Promise<RunningServer> {
  const { storage, environment, log, clock } = options;
  const { tls } = options.config.serve;
  const blobs = await openPool(storage);
  const published = await openPublished({
    openCatalogue: () => openCatalogue(storage, { readOnly: true }),
    catalogueIdentity: () => identityOf(join(storage, 'state.db')),
    loadGeneration: (digest) => loadGeneration(blobs, digest),
    clock,
    log,
  });
  const closing: (() => void)[] = [() => published.close()];
  try {
    const repository = createRepository({ published, open: createFileOpener(blobs, createMemoryCache(MEMORY_CACHE)), log });
    const registry = options.config.serve.registry.enabled ? await openRegistry(options, blobs) : undefined;
    const { server, app, connections, close } = createHttpServer({ options, repository, registry: registry?.handle });
    closing.push(close);
    addReservedRoutes(app, { published, blobs, draining: connections.draining });
    await app.ready();
    await listenOn(server, options.listen, inheritedSocket(environment, process.pid));
    await notifySystemd('ready', environment, log);
    const renewal = options.renew === undefined ? undefined : startRenewal(renewalOptions(options, options.renew, published));

    const stop = async (): Promise<void> => {
      await notifySystemd('stopping', environment, log);
      await renewal?.close();
      await connections.drain(TIMEOUTS.drain);
      await app.close();
      await registry?.close();
      for (const end of closing) end();
    };
    let stopped: Promise<void> | undefined;
    return {
      url: serverUrl(server, tls !== undefined),
      close() {
        stopped ??= stop();
        return stopped;
      },
    };
  } catch (error) {
    for (const end of closing) end();
    throw error;
  }
}

async function openRegistry({ config, storage, listen, clock, log }: StartServerOptions, blobs: BlobStore): Promise<EmbeddedRegistry> {
  const { authorizer, close } = await openAuthorizer({ serve: config.serve, storage, listen, clock, log });
  const access = createRegistryAccess({ storage, blobs, clock, log, catalogueIdentity: () => identityOf(join(storage, 'state.db')) });
  return {
    handle: createRegistryHandler({ access, blobs, authorizer, log }),
    async close() {
      await access.close();
      await close();
    },
  };
}

interface EmbeddedRegistry {
  readonly handle: RegistryHandler;
  close(): Promise<void>;
}

function renewalOptions({ config, clock, log }: StartServerOptions, renew: Renew, published: Published): RenewalOptions {
  const states = async (): Promise<readonly PublicationState[]> => (await published.view()).publications.map(({ state }) => state);
  return { publications: config.publications, states, renew, clock, log };
}

interface HttpServer {
  readonly server: Server;
  /** Answers under the reserved paths. */
  readonly app: FastifyInstance;
  readonly connections: Connections;
  /** Ends what goes on beside the requests. */
  close(): void;
}

interface HttpServerParts {
  readonly options: StartServerOptions;
  readonly repository: Repository;
  /** Undefined where it is turned off. */
  readonly registry: RegistryHandler | undefined;
}

function createHttpServer({ options, repository, registry }: HttpServerParts): HttpServer {
  const { tls } = options.config.serve;
  const settings: ServerOptions = {
    keepAliveTimeout: TIMEOUTS.keepAlive,
    headersTimeout: TIMEOUTS.headers,
    requestTimeout: TIMEOUTS.request,
    connectionsCheckingInterval: TIMEOUTS.check,
  };
  const secure = tls === undefined ? undefined : createSecureServer({ ...settings, ...readTls(tls), minVersion: 'TLSv1.2' });
  const server = secure ?? createServer(settings);
  const close = secure === undefined || tls === undefined ? () => undefined : watchTls(secure, tls, options.log);
  server.setTimeout(TIMEOUTS.idle);
  // A client may close its sending side after its last request and still gets all answers.
  Object.assign(server, { httpAllowHalfOpen: true });

  const connections = trackConnections(server, tls !== undefined);
  let reserved: RequestListener = () => undefined;
  const app = fastify({
    serverFactory: (handler) => {
      reserved = handler;
      return server;
    },
    forceCloseConnections: false,
  });
  const answer = async (exchange: Exchange): Promise<void> => {
    const { request, response } = exchange;
    const { url = '/' } = request;
    const asked = originForm(url);
    if (registry !== undefined && asked !== undefined && url.length <= MAX_TARGET && isRegistryTarget(asked))
      return await registry(exchange, asked);
    discardBody(exchange);
    if (url.length > MAX_TARGET) return sendText(exchange, 414, 'The address is too long.');
    const target = parseRequestTarget(url);
    if (target === undefined) return sendText(exchange, 400, 'The address is malformed.');
    if (!isReserved(target.path)) return await repository(exchange, target);
    request.url = `${escapePath(target.path)}${target.query === '' ? '' : `?${target.query}`}`;
    reserved(request, response);
  };
  const take: RequestListener = (request, response) => {
    if (options.accessLog === true) logAccess(options.log, { request, response });
    connections.enqueue(request, response, () => {
      answer({ request, response }).catch((error: unknown) => failed({ request, response }, error, options.log));
    });
  };
  // Whoever reads the body of a request tells its client to send it.
  server.on('request', take).on('checkContinue', take);
  return { server, app, connections, close };
}

/** What nobody foresaw: the client gets no half answer that looks whole, and the server goes on. */
function failed(exchange: Exchange, error: unknown, log: Log): void {
  log.error('a request failed', { url: exchange.request.url, reason: reasonOf(error) });
  if (exchange.response.headersSent) exchange.response.destroy();
  else sendText(exchange, 500, 'The server failed to answer.', { 'Cache-Control': 'no-store' });
}

function logAccess(log: Log, { request, response }: Exchange): void {
  const begun = performance.now();
  const { method, url } = request;
  const client = request.socket.remoteAddress;
  response.once('close', () => {
    log.info('request', { client, method, url, status: response.statusCode, milliseconds: Math.round(performance.now() - begun) });
  });
}

/** Which file is at a path: another number when another file is put there, undefined when there is none. Throws STORAGE. */
function identityOf(path: string): string | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? undefined : `${found.dev}:${found.ino}`;
  } catch (error) {
    throw storageError(error, `read ${path}`);
  }
}
