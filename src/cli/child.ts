import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../config/environment.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/mirror.js', import.meta.url));
/** How much of what a child says is kept, in characters. */
const MOST_SAID = 4096;

export interface ChildOptions {
  readonly environment: Environment;
  readonly cwd: string;
  /** Ends the child in order, as Ctrl-C would. */
  readonly signal: AbortSignal;
}

/**
 * Runs this program in a process of its own, so that what started it goes on undisturbed. Rejects with an Error that has the end of what
 * it wrote to standard error when it does not end with the exit status 0.
 */
export async function runChild(args: readonly string[], { environment, cwd, signal }: ChildOptions): Promise<void> {
  // Every command would wait for it to be loaded.
  const { spawn } = await import('node:child_process');
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, env: { ...environment }, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MOST_SAID);
  });
  const stop = (): void => {
    child.kill('SIGTERM');
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) stop();
    await once(child, 'close');
  } finally {
    signal.removeEventListener('abort', stop);
  }
  if (child.exitCode === 0) return;
  const how = child.exitCode === null ? `was ended by ${child.signalCode}` : `ended with status ${child.exitCode}`;
  throw new Error(`mirror ${args[0]} ${how}: ${said.trim()}`);
}
