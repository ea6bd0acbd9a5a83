import type { Config } from '../config/schema.ts';
import type { Log, LogFields } from '../serve/log.ts';
import type { Renew } from '../serve/renewal.ts';
import { runChild } from './child.ts';
import type { Session } from './session.ts';

export interface ServeOptions {
  /** ADDRESS:PORT. */
  readonly listen: string;
  readonly accessLog: boolean;
  /** The configuration file, by which the server's own work is started; it does none without it. */
  readonly configPath?: string | undefined;
  /** What is said before `listening on URL`: text, and fields of the JSON document. */
  readonly announce?: (url: string) => { readonly text: string; readonly value: Readonly<Record<string, unknown>> };
}

/** Serves until the session's signal comes, then ends requests that are under way. */
export async function serveUntilStopped(session: Session, config: Config, options: ServeOptions): Promise<void> {
  const { io, clock } = session;
  const { startServer } = await import('../serve/server.ts');
  const log = createLog(session);
  const ignored = keysWithoutEffect(config);
  if (ignored.length > 0) log.warn('keys of the configuration that do nothing in this version', { keys: ignored.join(', ') });
  const { listen, accessLog, configPath } = options;
  const { environment, cwd } = io;
  const renew: Renew | undefined =
    configPath === undefined
      ? undefined
      : (name, signal) => runChild(['publish', name, '--renew', '--quiet', '--config', configPath], { environment, cwd, signal });
  const server = await startServer({ config, storage: config.storage, listen, environment, log, clock, accessLog, renew });
  await session.endProgress();
  const said = options.announce?.(server.url);
  if (session.options.json === true) session.print(`${JSON.stringify({ url: server.url, ...said?.value })}\n`);
  else session.print(`${said === undefined ? '' : `${said.text}\n`}listening on ${server.url}\n`);
  if (!io.signal.aborted) await new Promise<void>((resolve) => io.signal.addEventListener('abort', () => resolve(), { once: true }));
  await server.close();
}

/** What the configuration asks of the server, and the server does not do yet. */
function keysWithoutEffect({ schedule }: Config): string[] {
  return Object.keys(schedule).length > 0 ? ['schedule'] : [];
}

/** Log lines on standard error: `2026-01-31T12:00:00.000Z warn message key=value`. With --quiet only errors. */
function createLog({ io, clock, options }: Session): Log {
  const write =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      if (options.quiet === true && level !== 'error') return;
      const pairs = Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${fieldText(value)}`]));
      io.stderr.write(`${[clock.now().toISOString(), level, message.replace(/\p{Cc}/gu, ' '), ...pairs].join(' ')}\n`);
    };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}

/** In quotes where it is not one plain word. */
function fieldText(value: string | number | boolean): string {
  const text = String(value);
  return /^[\w./:@%+~-]+$/.test(text) ? text : JSON.stringify(text);
}
