import { readFile } from 'node:fs/promises';
import { parseDuration } from '../core/duration.ts';
import { MirrorError } from '../core/errors.ts';
import { createAgents, type Environment, readAuthorities } from './agents.ts';
import type { HttpSettings } from './fetcher.ts';
import type { SpeedFloor } from './timeouts.ts';
import { createTransport, type Transport } from './transport.ts';

const SLOWEST = 512;
const SPEED_WINDOW = 60_000;
const LONGEST_TIMER = 2 ** 31 - 1;

export interface OpenTransportOptions {
  /** PEM of certificate authorities to trust besides the usual ones and the configured ones. */
  readonly authorities?: string | undefined;
  /** Default: 512 bytes a second, over 60 s or twice the timeout, whichever is longer. */
  readonly speedFloor?: SpeedFloor | undefined;
}

export interface OpenedTransport {
  readonly transport: Transport;
  /** Milliseconds of silence that are allowed. */
  readonly timeout: number;
  readonly userAgent: string;
}

/** Connections as the configuration wants them. Reads `settings.ca`, a path that is already resolved; CONFIG_INVALID when that fails. */
export async function openTransport(
  settings: HttpSettings,
  environment: Environment,
  { authorities, speedFloor }: OpenTransportOptions = {},
): Promise<OpenedTransport> {
  const timeout = silenceAllowed(settings);
  const configured = settings.ca === null ? undefined : await readAuthorities(settings.ca);
  const ca = [configured, authorities].filter((pem) => pem !== undefined).join('\n') || undefined;
  const userAgent = `mirror/${await ownVersion()}`;
  const transport = createTransport({
    agents: createAgents({ proxy: settings.proxy, ca }, environment),
    timeout,
    speedFloor: speedFloor ?? { bytesPerSecond: SLOWEST, window: Math.max(SPEED_WINDOW, 2 * timeout) },
    userAgent,
  });
  return { transport, timeout, userAgent };
}

/** Milliseconds, within what a timer can count. CONFIG_INVALID where it is 0. */
function silenceAllowed(settings: HttpSettings): number {
  const timeout = Math.min(parseDuration(settings.timeout), LONGEST_TIMER);
  if (timeout === 0)
    throw new MirrorError('CONFIG_INVALID', 'http.timeout is 0, and no server answers that fast', { hint: 'Set it to 30s.' });
  return timeout;
}

async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
