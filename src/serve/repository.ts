import { isMirrorError, reasonOf } from '../core/errors.ts';
import type { TreeEntry } from '../store/generations.ts';
import { ClientGone, type FileOpener } from './file-content.ts';
import { sendFile } from './file-response.ts';
import { CONTENT_SECURITY_POLICY } from './html.ts';
import { directoryJson, directoryPage } from './listing.ts';
import type { Log } from './log.ts';
import { publicationsJson, publicationsPage } from './publications-page.ts';
import type { Published } from './published.ts';
import { escapePath, type RequestPath } from './request-path.ts';
import { type Exchange, sendBytes, sendText } from './responses.ts';
import { createSignaturePairs } from './signature-pairs.ts';
import { directoryAt, publicationsAt, type View } from './view.ts';

export interface RepositoryOptions {
  readonly published: Published;
  readonly open: FileOpener;
  readonly log: Log;
}

/** Answers requests for published files and directories. */
export type Repository = (exchange: Exchange, target: RequestPath) => Promise<void>;

export function createRepository(options: RepositoryOptions): Repository {
  const pairs = createSignaturePairs();
  return async (exchange, target) => {
    const { method } = exchange.request;
    if (method !== 'GET' && method !== 'HEAD') {
      refuseMethod(exchange);
      return;
    }
    const pending = options.published.view();
    const view = pending instanceof Promise ? await pending : pending;
    if (!target.directory) {
      const { request } = exchange;
      const entry = pairs.signatureFor(request, target.path) ?? findFile(view, target.path);
      if (entry !== undefined) {
        pairs.documentSent(request, target.path, (path) => findFile(view, path));
        return await answerFile(exchange, entry, { ...options, whenMissing: 503 });
      }
    }
    if (answerDirectory(exchange, target, view)) return;
    if (!target.directory) {
      const entry = await findEarlierFile(view, target.path);
      if (entry !== undefined) return await answerFile(exchange, entry, { ...options, whenMissing: 404 });
    }
    notFound(exchange);
  };
}

const UNAVAILABLE = 'The file is published, but the storage of this server does not have it as it should be.';

/** Only reading is possible. A body that comes with the request is not read: the connection ends instead. */
function refuseMethod(exchange: Exchange): void {
  const { headers } = exchange.request;
  if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined)
    exchange.response.setHeader('Connection', 'close');
  sendText(exchange, 405, 'Only GET and HEAD are possible here.', { Allow: 'GET, HEAD' });
}

function notFound(exchange: Exchange): void {
  sendText(exchange, 404, 'There is no such file.', { 'Cache-Control': 'no-cache' });
}

function findFile(view: View, path: string): TreeEntry | undefined {
  for (const { served, relative } of publicationsAt(view, path)) {
    const entry = served.entries.get(relative);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

async function findEarlierFile(view: View, path: string): Promise<TreeEntry | undefined> {
  for (const { served, relative } of publicationsAt(view, path)) {
    const entry = await served.findEarlier(relative);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

interface AnswerFileOptions extends RepositoryOptions {
  /** A file of the current generation must be there; one of an earlier generation may be gone for good. */
  readonly whenMissing: 404 | 503;
}

async function answerFile(exchange: Exchange, entry: TreeEntry, options: AnswerFileOptions): Promise<void> {
  const { response } = exchange;
  const particulars = { path: entry.path, sha256: entry.blob.sha256 };
  const unavailable = (): void => {
    if (options.whenMissing === 404) notFound(exchange);
    else sendText(exchange, 503, UNAVAILABLE, { 'Cache-Control': 'no-store', 'Retry-After': 60 });
  };
  try {
    if ((await sendFile(exchange, entry, options.open)) === 'answered') return;
    if (options.whenMissing === 503) options.log.error('a published file is missing from the pool or has the wrong size', particulars);
    unavailable();
  } catch (error) {
    if (error instanceof ClientGone) return;
    options.log.error('a published file cannot be read', { ...particulars, reason: reasonOf(error) });
    // What was begun cannot be taken back: the client must see that it is cut short.
    if (response.headersSent) response.destroy();
    else if (isMirrorError(error)) unavailable();
    else throw error;
  }
}

function answerDirectory(exchange: Exchange, target: RequestPath, view: View): boolean {
  const hasRoot = view.publications.some(({ state }) => state.path === '/');
  const start = target.path === '/' && !hasRoot;
  const directory = start ? undefined : directoryAt(view, target.path);
  if (!start && directory === undefined) return false;
  if (!target.directory) {
    const query = target.query === '' ? '' : `?${target.query}`;
    const location = `${escapePath(target.path)}/${query}`;
    sendText(exchange, 301, `The directory is at ${location}`, { Location: location, 'Cache-Control': 'no-cache' });
    return true;
  }
  const query = new URLSearchParams(target.query);
  const states = view.publications.map(({ state }) => state);
  if (wantsJson(exchange, query)) {
    const json = directory === undefined ? publicationsJson(states) : directoryJson(target.path, directory);
    sendPage(exchange, json, { 'Content-Type': 'application/json; charset=utf-8' });
  } else {
    const page = Number.parseInt(query.get('page') ?? '1', 10) || 1;
    const html = directory === undefined ? publicationsPage(states) : directoryPage(target.path, directory, page);
    sendPage(exchange, html, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': CONTENT_SECURITY_POLICY });
  }
  return true;
}

function sendPage(exchange: Exchange, text: string, headers: Readonly<Record<string, string>>): void {
  sendBytes(exchange, 200, Buffer.from(text), { ...headers, 'Cache-Control': 'no-cache', Vary: 'Accept' });
}

/** `?format=` decides; without it, JSON goes to those who name it and do not name HTML. */
function wantsJson({ request }: Exchange, query: URLSearchParams): boolean {
  const format = query.get('format');
  if (format !== null) return format === 'json';
  const accept = request.headers.accept ?? '';
  return accept.includes('application/json') && !accept.includes('text/html');
}
