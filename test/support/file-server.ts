import { createReadStream, openSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** Answers a request in place of the file; returns whether it did. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface FileServer {
  /** Ends in `/`. */
  readonly url: string;
  /** Decoded paths that were asked for, in order. */
  readonly requests: string[];
  /** May be replaced at any time to make the upstream misbehave. */
  intercept: Intercept;
  close(): Promise<void>;
}

/**
 * An upstream on loopback: the files below a folder, with ranges, and a record of what was asked for.
 * @param secure makes it an https server.
 */
export async function serveFiles(root: string, secure?: ServerOptions): Promise<FileServer> {
  const requests: string[] = [];
  const state: { intercept: Intercept } = { intercept: () => false };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://upstream').pathname);
    requests.push(path);
    if (state.intercept(request, response)) return;
    const file = join(root, path);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined || !found.isFile()) {
      response.writeHead(404, { 'content-length': '0' }).end();
      return;
    }
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const start = Number(range?.[1] ?? 0);
    if (start >= found.size && found.size > 0) {
      response.writeHead(416, { 'content-range': `bytes */${found.size}`, 'content-length': '0' }).end();
      return;
    }
    const headers: Record<string, string> = { 'content-length': String(found.size - start) };
    if (range !== null) headers['content-range'] = `bytes ${start}-${found.size - 1}/${found.size}`;
    response.writeHead(range === null ? 200 : 206, headers);
    createReadStream(file, { start, fd: openSync(file, 'r') }).pipe(response);
  };
  const server = secure === undefined ? createServer(answer) : createSecureServer(secure, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${secure === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    get intercept() {
      return state.intercept;
    },
    set intercept(intercept) {
      state.intercept = intercept;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
