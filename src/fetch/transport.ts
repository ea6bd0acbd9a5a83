import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { drained } from '../core/drained.ts';
import type { createAgents } from './agents.ts';
import { pump, type Take } from './body.ts';
import { connectionFailure, TryFailure } from './failure.ts';
import { http, https } from './node-http.ts';
import { onAbort } from './on-abort.ts';
import type { ClientIdentity } from './place.ts';
import { createSpeedCheck, createWatchdog, type SpeedFloor, type Watchdog } from './timeouts.ts';

/** How much of a body that nobody wants is read, in bytes, and for how long, in milliseconds, to keep the connection for the next request. */
const DISCARD_BYTES = 64 * 1024;
const DISCARD_TIME = 2000;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Reads the body to its end. Rejects with a TryFailure, or with what `take` threw. Not read: `discard`. */
  read(take: Take): Promise<void>;
  /** Gives the body up. */
  discard(): void;
}

/** What a request sends. */
export interface RequestBody {
  /** In bytes. */
  readonly length: number;
  /** Read once, and no further when the server answers before its end. What it throws ends the request, and is what `open` rejects with. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** A body that is in memory. */
export function bytesBody(bytes: Uint8Array): RequestBody {
  return { length: bytes.length, content: inOnePiece(bytes) };
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

export interface Ask {
  /** GET where it is left out. */
  readonly method?: string | undefined;
  readonly body?: RequestBody | undefined;
  /** How many timeouts the answer may take once the body is sent, where the server has much to do with it; 1 where it is left out. */
  readonly patience?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly identity?: ClientIdentity | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One request at a time over kept connections: no redirects, no retries, nothing unpacked, the body as the server sends it. */
export interface Transport {
  /** Rejects with a TryFailure; when the signal aborts, the connection is destroyed. */
  open(url: URL, ask: Ask): Promise<Answer>;
  close(): void;
}

export interface TransportSettings {
  readonly agents: ReturnType<typeof createAgents>;
  /** Milliseconds of silence that are allowed. */
  readonly timeout: number;
  readonly speedFloor: SpeedFloor;
  readonly userAgent: string;
}

export function createTransport(settings: TransportSettings): Transport {
  const { agents, userAgent } = settings;
  return {
    open(url, ask) {
      const { method = 'GET', body } = ask;
      const length = body === undefined ? {} : { 'content-length': String(body.length) };
      const headers = { ...usualHeaders(userAgent), ...length, ...ask.headers };
      const options = { method, host: hostOf(url), port: url.port, path: url.pathname + url.search, headers };
      const request =
        url.protocol === 'https:'
          ? https.request({ ...options, agent: agents.secure(ask.identity) })
          : http.request({ ...options, agent: agents.plain() });
      if (body === undefined) request.end();
      return exchange(request, settings, ask);
    },
    close: () => agents.destroy(),
  };
}

/** What every request says of this side. */
export function usualHeaders(userAgent: string): Readonly<Record<string, string>> {
  return { 'user-agent': userAgent, 'accept-encoding': 'identity' };
}

/** As a connection takes it: an IPv6 address without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** Waits for the head of the answer and watches over the rest. */
function exchange(request: ClientRequest, settings: TransportSettings, { body, signal, patience = 1 }: Ask): Promise<Answer> {
  let verdict: unknown;
  const watchdog = createWatchdog(settings.timeout, (failure) => {
    verdict = failure;
    request.destroy();
  });
  const forget = signal === undefined ? undefined : onAbort(signal, () => request.destroy());
  let sent = body === undefined;
  const release = (): void => {
    watchdog.stop();
    forget?.();
  };
  /** A request that was answered before its end leaves a connection that nothing else can be sent over. */
  const finish = (): void => {
    release();
    if (!sent) request.destroy();
  };
  request.on('socket', (socket: Socket) => onceConnected(socket, () => (sent ? watchdog.waitFor('answer') : watchdog.hold())));
  return new Promise((resolve, reject) => {
    let answered = false;
    if (body !== undefined) {
      const finished = (): void => {
        sent = true;
        watchdog.waitFor('answer', patience);
      };
      const over = (): boolean => answered || request.destroyed;
      sendBody(request, body.content, { watchdog, over, finished }).catch((error: unknown) => {
        verdict = error;
        request.destroy();
      });
    }
    const fail = (error?: unknown): void => {
      // What ends a request after its head ends the body, too, which says so.
      if (answered) return;
      release();
      reject(verdict ?? beforeAnswer(error, request.reusedSocket));
    };
    request.on('error', fail);
    request.on('close', fail);
    request.on('response', (response) => {
      answered = true;
      watchdog.hold();
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        async read(take) {
          const broken = (error: unknown): TryFailure => (verdict instanceof TryFailure ? verdict : brokenBody(error));
          try {
            await readBody(response, { watchdog, floor: settings.speedFloor, take, broken });
          } finally {
            finish();
          }
        },
        discard() {
          discard(response);
          finish();
        },
      });
    });
  });
}

interface Sending {
  readonly watchdog: Watchdog;
  /** Whether nobody takes any more. */
  readonly over: () => boolean;
  /** Called when all of it is on its way. */
  readonly finished: () => void;
}

/** Sends a body no faster than it is taken. Time that its source takes is not the server's. */
async function sendBody(request: ClientRequest, content: AsyncIterable<Uint8Array>, { watchdog, over, finished }: Sending): Promise<void> {
  for await (const chunk of content) {
    if (over()) return;
    if (request.write(chunk)) continue;
    watchdog.waitFor('answer');
    await drained(request, 'response');
    watchdog.hold();
  }
  if (over()) return;
  request.end();
  finished();
}

/** A kept connection that the server closed in the meantime says nothing about the server. */
function beforeAnswer(error: unknown, reused: boolean): TryFailure {
  const failure = connectionFailure(error ?? new Error('the connection was closed'));
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (reused && (code === 'ECONNRESET' || code === 'EPIPE')) return new TryFailure(failure.code, failure.message, { again: 'now' });
  return failure;
}

function onceConnected(socket: Socket, then: () => void): void {
  const secure = 'encrypted' in socket;
  if (!socket.connecting && !(secure && (socket as TLSSocket).getProtocol() === null)) then();
  else socket.once(secure ? 'secureConnect' : 'connect', then);
}

interface Reading {
  readonly watchdog: Watchdog;
  readonly floor: SpeedFloor;
  readonly take: Take;
  readonly broken: (error: unknown) => TryFailure;
}

function readBody(stream: IncomingMessage, { watchdog, floor, take, broken }: Reading): Promise<void> {
  const checkSpeed = createSpeedCheck(floor);
  let since = 0;
  const wait = (): void => {
    watchdog.waitFor('data');
    since = performance.now();
  };
  wait();
  return pump(
    stream,
    (chunk) => {
      watchdog.hold();
      checkSpeed(chunk.length, performance.now() - since);
      const taking = take(chunk)?.then(wait);
      if (taking === undefined) wait();
      return taking;
    },
    broken,
  );
}

/** The connection ended, or the framing broke, before the end of the body. */
function brokenBody(error: unknown): TryFailure {
  const failure = connectionFailure(error);
  return new TryFailure('FETCH_TRUNCATED', `the connection ended before the whole file had arrived (${failure.message})`, {
    again: 'later',
    blamesServer: true,
  });
}

/** Reads the little that an error page or a redirect has, so that the connection can be used again; drops the connection otherwise. */
function discard(stream: IncomingMessage): void {
  // A body that ends too early was not wanted anyway.
  stream.on('error', () => undefined);
  const timer = setTimeout(() => stream.destroy(), DISCARD_TIME);
  timer.unref();
  let left = DISCARD_BYTES;
  stream.once('close', () => clearTimeout(timer));
  stream.once('end', () => clearTimeout(timer));
  stream.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) stream.destroy();
  });
}
