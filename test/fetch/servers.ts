import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { MirrorError } from '../../src/core/errors.ts';
import { createFetcher, type FetcherOptions } from '../../src/fetch/client.ts';
import type { DownloadTarget, Fetcher, HttpSettings } from '../../src/fetch/fetcher.ts';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
}

export interface TestServer {
  /** Without a last slash. */
  readonly url: string;
  readonly port: number;
  readonly requests: Seen[];
  /** Connections that were made so far. */
  connections(): number;
  /** Resolves when a connection that is open now, or was, has ended. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

async function listen(server: http.Server | https.Server, handler: Handler, scheme: string): Promise<TestServer> {
  const requests: Seen[] = [];
  let connections = 0;
  let markClosed = (): void => {};
  const closed = new Promise<void>((resolve) => {
    markClosed = resolve;
  });
  server.on('connection', (socket: net.Socket) => {
    connections++;
    socket.on('close', markClosed);
  });
  server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
    requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    handler(request, response);
  });
  const port = await listenOnLoopback(server);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return { url: `${scheme}://127.0.0.1:${port}`, port, requests, connections: () => connections, closed, close };
}

function listenOnLoopback(server: net.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port'));
      else resolve(address.port);
    });
  });
}

export function startServer(handler: Handler): Promise<TestServer> {
  return listen(http.createServer(), handler, 'http');
}

export function startSecureServer(handler: Handler, options: https.ServerOptions): Promise<TestServer> {
  return listen(https.createServer(options), handler, 'https');
}

/** A server that speaks whatever the test writes to the socket after the first bytes of each request. */
export async function startRawServer(answer: (socket: net.Socket, count: number) => void): Promise<{ readonly url: string }> {
  const sockets = new Set<net.Socket>();
  let count = 0;
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => answer(socket, count++));
  });
  const port = await listenOnLoopback(server);
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  return { url: `http://127.0.0.1:${port}` };
}

export interface TestProxy extends TestServer {
  /** What CONNECT asked for, with the proxy's authorization. */
  readonly tunnels: { readonly target: string; readonly authorization: string | undefined }[];
}

/** A forward proxy: absolute-form requests for http and CONNECT for everything else. */
export async function startProxy(): Promise<TestProxy> {
  const server = http.createServer();
  const tunnels: TestProxy['tunnels'] = [];
  server.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
    tunnels.push({ target: request.url ?? '', authorization: request.headers['proxy-authorization'] });
    const { hostname, port } = new URL(`http://${request.url}`);
    const upstream = net.connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [upstream, socket]) {
      end.on('error', () => {
        upstream.destroy();
        socket.destroy();
      });
    }
  });
  const started = await listen(
    server,
    (request, response) => {
      const { hostname, port, pathname } = new URL(request.url ?? '');
      http.get({ hostname, port, path: pathname, agent: false }, (answer) => {
        const { connection: _, 'keep-alive': __, ...headers } = answer.headers;
        response.writeHead(answer.statusCode ?? 502, headers);
        answer.pipe(response);
      });
    },
    'http',
  );
  return { ...started, tunnels };
}

export interface TestCertificates {
  readonly directory: string;
  /** Paths of PEM files. */
  readonly authority: string;
  readonly server: { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer };
  readonly client: { readonly certPath: string; readonly keyPath: string; readonly cert: string; readonly key: string };
}

/** A certificate authority with a server certificate for 127.0.0.1 and a client certificate, made with openssl. */
export function makeCertificates(): TestCertificates & { remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), 'mirror-fetch-tls-'));
  const run = (...words: string[]): void => {
    execFileSync('openssl', words, { cwd: directory, stdio: 'ignore' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  run('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '30', '-subj', '/CN=Test authority');
  for (const [name, extension] of [
    ['server', 'subjectAltName=IP:127.0.0.1'],
    ['client', 'extendedKeyUsage=clientAuth'],
  ] as const) {
    run('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`, '-addext', extension);
    run(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-copy_extensions',
      'copyall',
      '-days',
      '30',
      '-out',
      `${name}.crt`,
    );
  }
  const read = (name: string): Buffer => readFileSync(join(directory, name));
  return {
    directory,
    authority: join(directory, 'ca.crt'),
    server: { cert: read('server.crt'), key: read('server.key'), ca: read('ca.crt') },
    client: {
      certPath: join(directory, 'client.crt'),
      keyPath: join(directory, 'client.key'),
      cert: read('client.crt').toString(),
      key: read('client.key').toString(),
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

export const SETTINGS: HttpSettings = { concurrency: 4, retries: 2, timeout: '10s', bandwidth: 0, proxy: null, ca: null };

/** A fetcher that is closed at the end of the test and waits only briefly between tries. */
export async function startFetcher(
  settings: Partial<HttpSettings> = {},
  { environment = {}, ...options }: FetcherOptions & { readonly environment?: Record<string, string> } = {},
): Promise<Fetcher> {
  const fetcher = await createFetcher({ ...SETTINGS, ...settings }, environment, { backoff: 2, ...options });
  onTestFinished(() => fetcher.close());
  return fetcher;
}

export interface TestTarget extends DownloadTarget {
  bytes(): Buffer;
  readonly restarts: number;
  readonly completed: boolean;
}

/** A target in memory that checks the SHA-256 of what was expected, if anything was. */
export function startTarget(expected?: Buffer, held: Buffer = Buffer.alloc(0)): TestTarget {
  let content = held;
  let restarts = 0;
  let completed = false;
  const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  return {
    get held() {
      return content.length;
    },
    get restarts() {
      return restarts;
    },
    get completed() {
      return completed;
    },
    async write(chunk) {
      content = Buffer.concat([content, chunk]);
    },
    async restart() {
      restarts++;
      content = Buffer.alloc(0);
    },
    async complete() {
      if (expected !== undefined && digest(content) !== digest(expected)) {
        content = Buffer.alloc(0);
        throw new MirrorError('CHECKSUM_MISMATCH', 'the file has another SHA-256 than it should have');
      }
      completed = true;
    },
    bytes: () => content,
  };
}

/** What a promise was rejected with; fails the test when it was not, or not with a MirrorError. */
export async function errorOf(promise: Promise<unknown>): Promise<MirrorError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof MirrorError) return error;
    throw error;
  }
  throw new Error('it should have failed');
}

/** An answer with Content-Length, and with ranges where `ranges` says so. */
export function serveBytes(request: http.IncomingMessage, response: http.ServerResponse, bytes: Buffer, ranges = false): void {
  const start = ranges ? /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] : undefined;
  if (start === undefined) {
    response.writeHead(200, { 'content-length': bytes.length });
    response.end(bytes);
  } else if (Number(start) >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}`, 'content-length': 0 });
    response.end();
  } else {
    const rest = bytes.subarray(Number(start));
    response.writeHead(206, {
      'content-length': rest.length,
      'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
    });
    response.end(rest);
  }
}
