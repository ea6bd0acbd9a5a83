import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import got, { type Got, type Request } from 'got';
import type { createAgents } from './agents.ts';
import { pump } from './body.ts';
import { connectionFailure, TryFailure } from './failure.ts';
import type { ClientIdentity } from './place.ts';
import { createSpeedCheck, createWatchdog, type SpeedFloor, type Watchdog } from './timeouts.ts';

/** How much of a body that nobody wants is read, in bytes, and for how long, in milliseconds, to keep the connection for the next request. */
const DISCARD_BYTES = 64 * 1024;
const DISCARD_TIME = 2000;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Reads the body to its end. Rejects with a TryFailure, or with what `take` threw. Not read: `discard`. */
  read(take: (chunk: Buffer) => Promise<void>): Promise<void>;
  /** Gives the body up. */
  discard(): void;
}

export interface Ask {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly identity?: ClientIdentity | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One GET at a time over kept connections: no redirects, no retries, nothing unpacked, the body as the server sends it. */
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
  const base = got.extend({
    retry: { limit: 0 },
    decompress: false,
    followRedirect: false,
    throwHttpErrors: false,
    enableUnixSockets: false,
    strictContentLength: true,
    headers: { 'user-agent': settings.userAgent, 'accept-encoding': 'identity' },
  });
  const clients = new Map<unknown, Got>();
  const clientFor = (url: URL, identity: ClientIdentity | undefined): Got => {
    const agent = url.protocol === 'https:' ? settings.agents.secure(identity) : settings.agents.plain();
    let client = clients.get(agent);
    if (client === undefined) {
      client = base.extend({ agent: { [url.protocol === 'https:' ? 'https' : 'http']: agent } });
      clients.set(agent, client);
    }
    return client;
  };
  return {
    async open(url, ask) {
      const client = clientFor(url, ask.identity);
      return exchange(client.stream(url, ask.headers === undefined ? {} : { headers: { ...ask.headers } }), settings, ask.signal);
    },
    close: () => settings.agents.destroy(),
  };
}

/** Waits for the head of the answer and watches over the rest. */
function exchange(stream: Request, settings: TransportSettings, signal: AbortSignal | undefined): Promise<Answer> {
  let verdict: TryFailure | undefined;
  const watchdog = createWatchdog(settings.timeout, (failure) => {
    verdict = failure;
    stream.destroy();
  });
  const abort = (): void => {
    stream.destroy();
  };
  signal?.addEventListener('abort', abort);
  const release = (): void => {
    watchdog.stop();
    signal?.removeEventListener('abort', abort);
  };
  // A destroyed stream may still emit errors, which nobody needs to hear of.
  stream.on('error', () => undefined);
  stream.once('socket', (socket: Socket) => onceConnected(socket, () => watchdog.waitFor('answer')));
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      release();
      reject(verdict ?? beforeAnswer(error, stream.reusedSocket === true));
    };
    stream.once('error', fail);
    stream.once('close', fail);
    stream.once('response', (response: { readonly statusCode: number; readonly headers: IncomingHttpHeaders }) => {
      stream.off('error', fail);
      stream.off('close', fail);
      watchdog.hold();
      resolve({
        status: response.statusCode,
        headers: response.headers,
        read: (take) =>
          readBody(stream, { watchdog, floor: settings.speedFloor, take })
            .catch((error: unknown) => {
              throw verdict ?? error;
            })
            .finally(release),
        discard() {
          release();
          discard(stream);
        },
      });
    });
  });
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

async function readBody(
  stream: Request,
  { watchdog, floor, take }: { watchdog: Watchdog; floor: SpeedFloor; take: (chunk: Buffer) => Promise<void> },
): Promise<void> {
  const checkSpeed = createSpeedCheck(floor);
  let since = performance.now();
  watchdog.waitFor('data');
  let taken = true;
  try {
    await pump(stream, async (chunk) => {
      watchdog.hold();
      checkSpeed(chunk.length, performance.now() - since);
      taken = false;
      await take(chunk);
      taken = true;
      watchdog.waitFor('data');
      since = performance.now();
    });
  } catch (error) {
    if (!taken || error instanceof TryFailure) throw error;
    throw brokenBody(error);
  }
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
function discard(stream: Request): void {
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
