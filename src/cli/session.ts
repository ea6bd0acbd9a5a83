import type { Environment } from '../config/environment.ts';
import type { LoadedConfig } from '../config/load.ts';
import { type Clock, publicationClock, systemClock } from '../core/clock.ts';
import type { Reporter } from '../core/events.ts';
import type { OperationContext } from '../ops/context.ts';
import type { Catalogue } from '../store/catalogue.ts';
import type { Input } from './password.ts';
import type { Output, Renderer } from './render/renderer.ts';

/** The world that a command runs in: the process's own, or a test's. */
export interface CommandIo {
  /** Undefined where there is nothing to be read. */
  readonly stdin?: Input | undefined;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Environment;
  readonly cwd: string;
  /** Aborts what is running; it ends with ABORTED. */
  readonly signal: AbortSignal;
}

export interface GlobalOptions {
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** What a command gives back: one value for --json, and the same for people. */
export interface Outcome {
  /** Undefined when the command has printed everything itself. */
  readonly value: unknown;
  /** Empty, or lines that each end in a line break. */
  readonly text: string;
  /** 0 where left out. */
  readonly exitStatus?: 0 | 1 | 3 | undefined;
}

/** What one run of the program opens, each thing at its first use and once. */
export interface Session {
  readonly io: CommandIo;
  readonly options: GlobalOptions;
  readonly clock: Clock;
  readonly report: Reporter;
  config(): Promise<LoadedConfig>;
  /** For commands that change things: creates the storage directory where it is missing. */
  context(): Promise<OperationContext>;
  /** For commands that change nothing: as `context`, but with a state that is only read, where there is one. */
  readingContext(): Promise<OperationContext>;
  /** As `context`, for a configuration that the command has made itself. */
  contextFor(loaded: LoadedConfig, options?: { readonly readOnly?: boolean }): Promise<OperationContext>;
  /** The state, only for reading; undefined where nothing was ever synced. */
  catalogue(): Promise<Catalogue | undefined>;
  /** Writes a line of a command that goes on running, before its outcome. */
  print(text: string): void;
  /** Takes progress off the terminal, so that other output can follow. */
  endProgress(): Promise<void>;
  close(): Promise<void>;
}

export function createSession(io: CommandIo, options: GlobalOptions): Session {
  const clock = systemClock;
  const closing: (() => unknown)[] = [];
  let loaded: Promise<LoadedConfig> | undefined;
  let context: Promise<OperationContext> | undefined;
  let renderer: Promise<Renderer> | undefined;
  let ready: Renderer | undefined;
  const waiting: Parameters<Reporter>[0][] = [];

  const report: Reporter = (event) => {
    if (ready !== undefined) return ready.report(event);
    waiting.push(event);
    renderer ??= openRenderer(io, options).then((opened) => {
      ready = opened;
      for (const early of waiting.splice(0)) opened.report(early);
      return opened;
    });
  };

  const session: Session = {
    io,
    options,
    clock,
    report,
    config() {
      loaded ??= (async () => {
        const { loadConfig } = await import('../config/load.ts');
        return await loadConfig({ explicitPath: options.config, environment: io.environment, cwd: io.cwd });
      })();
      return loaded;
    },
    context() {
      context ??= (async () => await session.contextFor(await session.config()))();
      return context;
    },
    async readingContext() {
      return await session.contextFor(await session.config(), { readOnly: true });
    },
    async contextFor({ config, path }, { readOnly = false } = {}) {
      const [{ openPool }, { hasState, openCatalogue }, { createFetcher }] = await Promise.all([
        import('../store/pool.ts'),
        import('../store/state.ts'),
        import('../fetch/client.ts'),
      ]);
      const catalogue = openCatalogue(config.storage, { readOnly: readOnly && hasState(config.storage) });
      closing.push(() => catalogue.close());
      const fetcher = await createFetcher(config.http, io.environment);
      closing.push(() => fetcher.close());
      const blobs = await openPool(config.storage);
      return {
        config,
        configPath: path,
        storage: config.storage,
        catalogue,
        blobs,
        fetcher,
        clock,
        publicationClock: publicationClock(io.environment),
        report,
        signal: io.signal,
      };
    },
    async catalogue() {
      const { config } = await session.config();
      const { hasState, openCatalogue } = await import('../store/state.ts');
      if (!hasState(config.storage)) return undefined;
      const catalogue = openCatalogue(config.storage, { readOnly: true });
      closing.push(() => catalogue.close());
      return catalogue;
    },
    print(text) {
      io.stdout.write(text);
    },
    async endProgress() {
      await renderer;
      ready?.close();
      ready = undefined;
      renderer = undefined;
    },
    async close() {
      await session.endProgress();
      for (const close of closing.reverse()) await close();
    },
  };
  return session;
}

async function openRenderer(io: CommandIo, options: GlobalOptions): Promise<Renderer> {
  const now = (): number => performance.now();
  const { environment, stderr } = io;
  if (options.quiet === true) return (await import('./render/renderer.ts')).createQuietRenderer(stderr);
  if (stderr.isTTY !== true || environment['TERM'] === 'dumb') return (await import('./render/plain.ts')).createPlainRenderer(stderr, now);
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '';
  const colour = (environment['NO_COLOR'] ?? '') === '';
  return (await import('./render/bars.ts')).createBarRenderer(stderr, { now, colour, unicode: /utf-?8/i.test(locale) });
}
