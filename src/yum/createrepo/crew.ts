import { statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { type AskedThread, askedThread } from '../../core/asked-thread.ts';
import { isThreadOf, keepThreadModules, startThread, threadInput } from '../../core/thread.ts';
import type { ElementSettings, Job, ReleasedText, Result, Segment } from './segment.ts';
import type { Builder } from './segment-builder.ts';

/** Jobs of each thread that are on their way: what keeps it busy. */
const AHEAD = 2;
/** Jobs that the calling thread does meanwhile, done and not yet taken: these and those of the threads bound the memory. */
const OWN = 4;
/** Bytes of package files that are read in some hundredths of a second. */
const QUICK = 32 * 1024 * 1024;
/** Tells the thread's code that it is the thread. */
const ROLE = 'mirror createrepo';

/** Does jobs, several at once, and gives their results in the order of the jobs. */
export interface Crew {
  run(jobs: Iterable<Job>): AsyncGenerator<Result, void, undefined>;
  close(): Promise<void>;
}

/**
 * Threads, with the calling one, which does quick jobs while the others have enough: it would be idle most of the time, and each thread more takes a third
 * of a second of processor time to begin and to become fast. Where jobs are not quick, one more thread begins. A failure of one is one of the whole run.
 * @param workers how many threads do jobs.
 */
export function createCrew(workers: number, settings: ElementSettings): Crew {
  const begin = (): CrewThread => askedThread(startThread(import.meta.url, ROLE, settings));
  const threads = Array.from({ length: workers - 1 }, begin);
  /** The thread that is to do the job; undefined for the calling one. */
  const threadFor = (job: Job): CrewThread | undefined => {
    const idlest = threads.toSorted((a, b) => a.waiting - b.waiting)[0];
    if (idlest !== undefined && idlest.waiting < AHEAD) return idlest;
    if (isQuick(job)) return undefined;
    if (idlest !== undefined && threads.length >= workers) return idlest;
    const further = begin();
    threads.push(further);
    return further;
  };
  return {
    async *run(jobs) {
      const { createSegmentBuilder } = await import('./segment-builder.ts');
      const own = createSegmentBuilder(settings);
      const waiting: Promise<Result>[] = [];
      for (const job of jobs) {
        if (waiting.length >= AHEAD * threads.length + OWN) {
          const first = waiting.shift();
          if (first !== undefined) yield await first;
        }
        const thread = threadFor(job);
        const result = thread === undefined ? doneHere(own, job) : doneBy(thread, job);
        // Whoever takes it sees its failure; after another one nobody does.
        result.catch(() => undefined);
        waiting.push(result);
        // What the threads have done, and a signal, is heard of between jobs.
        if (thread === undefined) await nextTurn();
      }
      for (const result of waiting) yield await result;
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

/** Whether a job takes no longer than the calling thread may be deaf to signals. */
function isQuick(job: Job): boolean {
  if (job.kind !== 'build') return true;
  let bytes = 0;
  for (const item of job.items) {
    if ('segment' in item) continue;
    bytes += sizeOf(item.file);
    if (bytes > QUICK) return false;
  }
  return true;
}

/** In bytes; 0 where the file cannot be looked at: who reads it says why. */
function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
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

/** Gives the memory of a text back to who made it. */
type GiveBack = (index: 0 | 1 | 2, text: ArrayBuffer) => void;

async function doneBy(thread: CrewThread, job: Job): Promise<Result> {
  return releasable(await thread.ask(job), (index, text) => thread.tell({ kind: 'released', index, text } satisfies ReleasedText, [text]));
}

async function doneHere(builder: Builder, job: Job): Promise<Result> {
  return releasable(await builder.run(job), (index, text) => builder.reuse({ kind: 'released', index, text }));
}

function releasable(result: Result, giveBack: GiveBack): Result {
  if (result.kind !== 'built') return result;
  const segments = result.segments.map((segment) => ({ ...segment, release: (index: 0 | 1 | 2) => release(segment, index, giveBack) }));
  return { ...result, segments };
}

function release({ plain }: Segment, index: 0 | 1 | 2, giveBack: GiveBack): void {
  const { buffer } = plain[index];
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) giveBack(index, buffer);
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
