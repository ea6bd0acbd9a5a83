import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What `mirror` runs. */
export const PROGRAM = fileURLToPath(new URL('../../bin/mirror.js', import.meta.url));

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What it reads from its standard input; nothing otherwise. */
  readonly input?: string | undefined;
  /** Called with the child as soon as it runs, for tests that kill it. */
  readonly started?: ((child: ChildProcess) => void) | undefined;
}

/** Runs any program to its end. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] });
  // A program may end without reading it.
  child.stdin.on('error', () => undefined).end(options.input);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => {
      output[name] += text;
    });
  }
  options.started?.(child);
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, ...output };
}

/** Runs a program that must succeed; its output is in the error otherwise. */
export async function succeed(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const finished = await run(command, args, options);
  if (finished.status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${finished.status}:\n${finished.stdout}${finished.stderr}`);
  return finished.stdout;
}

/** Runs `mirror` as its user does. */
export function mirror(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(process.execPath, [PROGRAM, ...args], options);
}

/** Runs `mirror` with --json, which must succeed, and gives what it printed. */
export async function mirrorJson(args: readonly string[], options: RunOptions = {}): Promise<unknown> {
  return JSON.parse(await succeed(process.execPath, [PROGRAM, ...args, '--json'], options));
}

export interface RunningServer {
  readonly url: string;
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** Starts `mirror serve` (or another command that serves) and waits until it says where it listens. */
export async function startServing(args: readonly string[], options: RunOptions = {}): Promise<RunningServer> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (text: string): void => {
      said += text;
      const match = /listening on (https?:\/\/\S+)/.exec(said);
      if (match?.[1] !== undefined) resolve(match[1].replace(/\/$/, ''));
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.once('close', (status) => reject(new Error(`mirror ${args.join(' ')} ended with ${status}:\n${said}`)));
  });
  return {
    url,
    child,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    },
  };
}
