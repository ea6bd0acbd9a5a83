import { reasonOf } from '../../core/errors.ts';
import { isRegistryHost } from '../../oci/format/reference.ts';
import { checkRepository } from '../../oci/registry/names.ts';
import type { BlobStore } from '../../store/blobs.ts';
import { ClientGone } from '../file-content.ts';
import type { Log } from '../log.ts';
import { discardBody } from '../request-body.ts';
import { type Exchange, sendBytes } from '../responses.ts';
import type { Authorizer, RegistryAction } from './authorizer.ts';
import { deleteBlob, getBlob, headBlob } from './blobs.ts';
import { clientMessage, httpProblemOf, sendOciError } from './errors.ts';
import type { RegistryExchange } from './exchange.ts';
import { getReferrers, listRepositories, listTags } from './listings.ts';
import { deleteManifest, getManifest, headManifest, putManifest } from './manifests.ts';
import type { RegistryAccess } from './registry-access.ts';
import { parseRegistryTarget, type RegistryTarget, type Route } from './route.ts';
import { appendToUpload, beginUpload, cancelUpload, finishUpload, uploadStatus } from './uploads.ts';

export interface RegistryHandlerOptions {
  readonly access: RegistryAccess;
  readonly blobs: BlobStore;
  readonly authorizer: Authorizer;
  readonly log: Log;
}

/** Answers requests for /v2 and below it. @param target in origin-form. */
export type RegistryHandler = (exchange: Exchange, target: string) => Promise<void>;

interface Operation {
  readonly action: RegistryAction;
  readonly run: (context: RegistryExchange) => void | Promise<void>;
}

export function createRegistryHandler(options: RegistryHandlerOptions): RegistryHandler {
  return async (exchange, target) => {
    const { response } = exchange;
    // Docker's clients know a registry by it.
    response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
    try {
      await answer(exchange, target, options);
    } catch (error) {
      fail(exchange, error, options.log);
    }
  };
}

async function answer(exchange: Exchange, text: string, options: RegistryHandlerOptions): Promise<void> {
  const target = parseRegistryTarget(text);
  if (target?.route === undefined) {
    discardBody(exchange);
    const known =
      target === undefined ? { status: 400, message: 'The address is malformed.' } : { status: 404, message: 'There is nothing here.' };
    return sendOciError(exchange, { ...known, code: 'UNSUPPORTED' });
  }
  const { route, query } = target;
  if (route.kind === 'token' && options.authorizer.token !== undefined) return await options.authorizer.token(exchange, query);
  const operation = operationsOf(route)[exchange.request.method ?? ''];
  if (operation === undefined) return refuseMethod(exchange, route);
  const repository = 'repository' in route ? route.repository : undefined;
  if (repository !== undefined) checkRepository(repository);
  tellNamespace(exchange, query);
  const access = await options.authorizer.authorize(exchange.request, { action: operation.action, repository });
  if (!access.allowed) {
    discardBody(exchange);
    return sendOciError(exchange, access);
  }
  await operation.run(contextOf(exchange, { route, query }, operation.action, options));
}

function contextOf(
  exchange: Exchange,
  { query }: RegistryTarget,
  action: RegistryAction,
  options: RegistryHandlerOptions,
): RegistryExchange {
  const { access, blobs, log, authorizer } = options;
  return {
    exchange,
    query,
    get registry() {
      return action === 'push' || action === 'delete' ? access.writing() : access.reading();
    },
    blobs,
    log,
    mayRead: async (repository) => (await authorizer.authorize(exchange.request, { action: 'pull', repository })).allowed,
  };
}

/** What can be done with each address, by method (distribution specification, "Endpoints"). */
function operationsOf(route: Route): Readonly<Record<string, Operation>> {
  const read = (run: Operation['run'], action: RegistryAction = 'pull') => ({ GET: { action, run }, HEAD: { action, run } });
  switch (route.kind) {
    case 'ping':
      return read(({ exchange }) => sendBytes(exchange, 200, Buffer.from('{}'), { 'Content-Type': 'application/json' }), 'ping');
    case 'catalog':
      return read(listRepositories, 'catalog');
    case 'tags':
      return read((context) => listTags(context, route));
    case 'referrers':
      return read((context) => getReferrers(context, route));
    case 'manifest':
      return {
        GET: { action: 'pull', run: (context) => getManifest(context, route) },
        HEAD: { action: 'pull', run: (context) => headManifest(context, route) },
        PUT: { action: 'push', run: (context) => putManifest(context, route) },
        DELETE: { action: 'delete', run: (context) => deleteManifest(context, route) },
      };
    case 'blob':
      return {
        GET: { action: 'pull', run: (context) => getBlob(context, route) },
        HEAD: { action: 'pull', run: (context) => headBlob(context, route) },
        DELETE: { action: 'delete', run: (context) => deleteBlob(context, route) },
      };
    case 'uploads':
      return { POST: { action: 'push', run: (context) => beginUpload(context, route) } };
    case 'upload':
      return {
        GET: { action: 'push', run: (context) => uploadStatus(context, route) },
        PATCH: { action: 'push', run: (context) => appendToUpload(context, route) },
        PUT: { action: 'push', run: (context) => finishUpload(context, route) },
        DELETE: { action: 'push', run: (context) => cancelUpload(context, route) },
      };
    case 'token':
      return {};
  }
}

function refuseMethod(exchange: Exchange, route: Route): void {
  discardBody(exchange);
  const allowed = Object.keys(operationsOf(route)).join(', ');
  if (allowed === '') sendOciError(exchange, { status: 404, code: 'UNSUPPORTED', message: 'There is nothing here.' });
  else sendOciError(exchange, { status: 405, code: 'UNSUPPORTED', message: `Possible here are ${allowed}.`, headers: { Allow: allowed } });
}

/** Answers to a client that asks for another registry's content say whose it is (distribution specification, "Registry Proxying"). */
function tellNamespace({ response }: Exchange, query: URLSearchParams): void {
  const namespace = query.get('ns');
  if (namespace !== null && isRegistryHost(namespace)) response.setHeader('OCI-Namespace', namespace);
}

/** In seconds. */
const RETRY_AFTER: Readonly<Record<number, Readonly<Record<string, number>>>> = { 429: { 'Retry-After': 30 }, 503: { 'Retry-After': 5 } };

function fail(exchange: Exchange, error: unknown, log: Log): void {
  const { request, response } = exchange;
  if (error instanceof ClientGone) return void request.socket.destroy();
  const known = httpProblemOf(error);
  if (known === undefined || known.status >= 500)
    log.error('a request to the registry failed', { method: request.method, url: request.url, reason: reasonOf(error) });
  if (response.headersSent) return void response.destroy();
  discardBody(exchange);
  const { status, code } = known ?? { status: 500, code: 'UNKNOWN' as const };
  sendOciError(exchange, {
    status,
    code,
    message: clientMessage(error),
    headers: RETRY_AFTER[status] ?? {},
  });
}
