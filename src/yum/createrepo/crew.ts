import module from 'node:module';
import { dirname } from 'node:path';
import { type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads';
import type { ElementSettings, Job, ReleasedText, Result, Segment } from './segment.ts';

/** Jobs of each worker that are on their way or done and not yet taken: what keeps it busy, and bounds the memory. */
const AHEAD = 3;
/** Tells the thread's code that it is the thread. */
const ROLE = 'mirror createrepo';

/** Does jobs, several at once, and gives their results in the order of the jobs. */
export interface Crew {
  run(jobs: Iterable<Job>): AsyncGenerator<Result, void, undefined>;
  close(): Promise<void>;
}

interface ThreadData {
  readonly role: typeof ROLE;
  readonly settings: ElementSettings;
  /** Where Node keeps compiled modules; a thread has to be told. */
  readonly compileCache: string | undefined;
  /** The URL of this module. */
  readonly code: string;
}

/** The cache must be there before the first module is loaded: a thread takes half as long to begin. */
const BEGINNING = `
const { compileCache, code } = require('node:worker_threads').workerData;
if (compileCache !== undefined) require('node:module').enableCompileCache(compileCache);
import(code);
`;

/** Worker threads. A failure of one is one of the whole run. */
export function createCrew(workers: number, settings: ElementSettings): Crew {
  const threads = Array.from({ length: workers }, () => new Thread(settings));
  return {
    async *run(jobs) {
      const waiting: Promise<Result>[] = [];
      for (const job of jobs) {
        if (waiting.length >= AHEAD * threads.length) {
          const first = waiting.shift();
          if (first !== undefined) yield await first;
        }
        const idlest = threads.reduce((best, thread) => (thread.load < best.load ? thread : best));
        const result = idlest.run(job);
        // Whoever takes it sees its failure; after another one nobody does.
        result.catch(() => undefined);
        waiting.push(result);
      }
      for (const result of waiting) yield await result;
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

/** A crew of the calling thread alone: for few packages, which are done before a thread has begun. */
export function createSoleCrew(settings: ElementSettings): Crew {
  return {
    async *run(jobs) {
      const { createSegmentBuilder } = await import('./segment-builder.ts');
      const build = createSegmentBuilder(settings);
      for (const job of jobs) yield await build.run(job);
    },
    async close() {},
  };
}

class Thread {
  readonly #worker: Worker;
  readonly #waiting: PromiseWithResolvers<Result>[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(settings: ElementSettings) {
    this.#worker = new Worker(BEGINNING, {
      eval: true,
      workerData: { role: ROLE, settings, compileCache: compileCache(), code: import.meta.url } satisfies ThreadData,
    });
    this.#worker.on('message', (result: Result) => this.#waiting.shift()?.resolve(this.#releasable(result)));
    this.#worker.on('error', (error) => {
      this.#failure = { error };
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
  }

  get load(): number {
    return this.#waiting.length;
  }

  run(job: Job): Promise<Result> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    const waiting = Promise.withResolvers<Result>();
    this.#waiting.push(waiting);
    this.#worker.postMessage(job);
    return waiting.promise;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #releasable(result: Result): Result {
    if (result.kind !== 'built') return result;
    const segments = result.segments.map((segment) => ({ ...segment, release: (index: 0 | 1 | 2) => this.#release(segment, index) }));
    return { ...result, segments };
  }

  #release({ plain }: Segment, index: 0 | 1 | 2): void {
    const { buffer } = plain[index];
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength <= Buffer.poolSize) return;
    this.#worker.postMessage({ kind: 'released', index, text: buffer } satisfies ReleasedText, [buffer]);
  }
}

/** What a thread does. A job is begun while blocks of the one before it are still being packed; results keep the order. */
function serve(port: MessagePort, settings: ElementSettings): void {
  const loaded = import('./segment-builder.ts').then(({ createSegmentBuilder }) => {
    // A thread that is ended does not do it.
    module.flushCompileCache();
    return createSegmentBuilder(settings);
  });
  let before = Promise.resolve();
  port.on('message', (job: Job | ReleasedText) => {
    if (job.kind === 'released') {
      void loaded.then((builder) => builder.reuse(job));
      return;
    }
    const result = loaded.then((builder) => builder.run(job));
    before = before.then(async () => {
      const done = await result;
      const texts = done.kind === 'built' ? done.segments.flatMap(({ plain }) => plain.map(({ buffer }) => buffer)) : [];
      // What is no larger may be memory that several small texts share.
      port.postMessage(done, texts.filter(({ byteLength }) => byteLength > Buffer.poolSize) as ArrayBuffer[]);
    });
  });
}

/** The folder that `enableCompileCache` was given; what it tells is one below, for the version of Node. */
function compileCache(): string | undefined {
  const directory = module.getCompileCacheDir();
  return directory === undefined ? undefined : dirname(directory);
}

function isThreadData(data: unknown): data is ThreadData {
  return typeof data === 'object' && data !== null && 'role' in data && data.role === ROLE;
}

if (parentPort !== null && isThreadData(workerData)) serve(parentPort, workerData.settings);
