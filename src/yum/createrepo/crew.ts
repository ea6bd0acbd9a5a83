import { type MessagePort, parentPort } from 'node:worker_threads';
import { type AskedThread, askedThread } from '../../core/asked-thread.ts';
import { isThreadOf, keepThreadModules, startThread, threadInput } from '../../core/thread.ts';
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

/** Worker threads. A failure of one is one of the whole run. */
export function createCrew(workers: number, settings: ElementSettings): Crew {
  const threads = Array.from({ length: workers }, (): CrewThread => askedThread(startThread(import.meta.url, ROLE, settings)));
  return {
    async *run(jobs) {
      const waiting: Promise<Result>[] = [];
      for (const job of jobs) {
        if (waiting.length >= AHEAD * threads.length) {
          const first = waiting.shift();
          if (first !== undefined) yield await first;
        }
        const idlest = threads.reduce((best, thread) => (thread.waiting < best.waiting ? thread : best));
        const result = done(idlest, job);
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

type CrewThread = AskedThread<Job, Result>;

/** Does a job on a thread, which can use the memory of the texts again. */
async function done(thread: CrewThread, job: Job): Promise<Result> {
  const result = await thread.ask(job);
  if (result.kind !== 'built') return result;
  const segments = result.segments.map((segment) => ({ ...segment, release: (index: 0 | 1 | 2) => giveBack(thread, segment, index) }));
  return { ...result, segments };
}

function giveBack(thread: CrewThread, { plain }: Segment, index: 0 | 1 | 2): void {
  const { buffer } = plain[index];
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength <= Buffer.poolSize) return;
  thread.tell({ kind: 'released', index, text: buffer } satisfies ReleasedText, [buffer]);
}

/** What a thread does. A job is begun while blocks of the one before it are still being packed; results keep the order. */
function serve(port: MessagePort, settings: ElementSettings): void {
  const loaded = import('./segment-builder.ts').then(({ createSegmentBuilder }) => {
    keepThreadModules();
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

function areSettings(input: unknown): input is ElementSettings {
  return typeof input === 'object' && input !== null && 'algorithm' in input && 'compression' in input;
}

if (parentPort !== null && isThreadOf(ROLE)) {
  const settings = threadInput();
  if (areSettings(settings)) serve(parentPort, settings);
}
