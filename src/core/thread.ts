import module from 'node:module';
import { dirname } from 'node:path';
import { Worker, workerData } from 'node:worker_threads';

interface ThreadData {
  readonly role: string;
  /** Where Node keeps compiled modules; a thread has to be told. */
  readonly compileCache: string | undefined;
  /** The URL of the module that it runs. */
  readonly code: string;
  /** What it is to work with. */
  readonly input: unknown;
}

/**
 * The cache must be there before the first module is loaded: a thread takes half as long to begin. This runs as a script or as a module,
 * as the process's own flags have it.
 */
const BEGINNING = `
const { compileCache, code } = process.getBuiltinModule('node:worker_threads').workerData;
if (compileCache !== undefined) process.getBuiltinModule('node:module').enableCompileCache(compileCache);
import(code);
`;

/**
 * Starts a thread that runs a module, with the compiled modules that this one has.
 * @param code the URL of the module, which asks `isThreadOf` whether it is to do the thread's work.
 * @param role tells the thread from others, and from threads that merely import the module.
 * @param input plain data that `threadInput` gives there.
 */
export function startThread(code: string, role: string, input?: unknown): Worker {
  const directory = module.getCompileCacheDir();
  // What it tells is one below what it was given, for the version of Node.
  const data: ThreadData = { role, code, input, compileCache: directory === undefined ? undefined : dirname(directory) };
  return new Worker(BEGINNING, { eval: true, workerData: data });
}

/** Whether this is a thread that was started for the role. */
export function isThreadOf(role: string): boolean {
  const data: unknown = workerData;
  return typeof data === 'object' && data !== null && 'role' in data && data.role === role;
}

/** What this thread was given. */
export function threadInput(): unknown {
  const data: unknown = workerData;
  return typeof data === 'object' && data !== null && 'input' in data ? data.input : undefined;
}

/** Keeps what was compiled so far for the next start: a thread that is ended does not do that. */
export function keepThreadModules(): void {
  module.flushCompileCache();
}
