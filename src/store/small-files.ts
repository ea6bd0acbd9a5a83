import { parentPort } from 'node:worker_threads';
import { isThreadOf, keepThreadModules, startThread } from '../core/thread.ts';
import type { PlainRoute } from '../fetch/plain-connection.ts';
import type { LaneReport, LaneRequest, SmallFile } from './small-files-thread.ts';

/** Tells the thread's code that it is the thread. */
const ROLE = 'mirror small files';

/** A thread that fetches, checks and writes small files. */
export interface SmallFiles {
  /**
   * Fetches files one after another over one connection, and writes each as `path` once its size and checksums are right. `done` is told of each, in order, with its
   * SHA-256. Resolves with how many there are: fewer than were asked for when the next one did not come as plainly as it should.
   * Rejects with the system's error when a file cannot be written, and when it is closed.
   */
  fetch(route: PlainRoute, files: readonly SmallFile[], done: (index: number, sha256: string) => void): Promise<number>;
  /** Ends the thread at once; a file may be left half written. */
  close(): void;
}

interface Lane {
  finished: number;
  readonly done: (index: number, sha256: string) => void;
  readonly resolve: (finished: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Starts the thread. */
export function createSmallFiles(): SmallFiles {
  const lanes = new Map<number, Lane>();
  let count = 0;
  const worker = startThread(import.meta.url, ROLE);
  let over: { readonly error: unknown } | undefined;
  const end = (error: unknown): void => {
    over ??= { error };
    for (const { reject } of lanes.values()) reject(error);
    lanes.clear();
  };
  worker.on('message', (reports: readonly LaneReport[]) => {
    for (const { lane: number, sha256s, end } of reports) {
      const lane = lanes.get(number);
      if (lane === undefined) continue;
      for (const sha256 of sha256s) lane.done(lane.finished++, sha256);
      if (end === undefined) continue;
      lanes.delete(number);
      if (end.failure === undefined) lane.resolve(lane.finished);
      else lane.reject(Object.assign(new Error(end.failure.message), { code: end.failure.code }));
    }
  });
  worker.on('error', end);
  worker.on('exit', () => end(new Error('the thread that fetches has ended')));
  return {
    fetch(route, files, done) {
      if (over !== undefined) return Promise.reject(over.error);
      return new Promise((resolve, reject) => {
        const lane = count++;
        lanes.set(lane, { finished: 0, done, resolve, reject });
        const request: LaneRequest = { lane, route, files };
        worker.postMessage(request);
      });
    },
    close() {
      void worker.terminate();
      end(new Error('the fetching was given up'));
    },
  };
}

if (parentPort !== null && isThreadOf(ROLE)) {
  const port = parentPort;
  void import('./small-files-thread.ts').then(({ serveSmallFiles }) => {
    keepThreadModules();
    serveSmallFiles(port);
  });
}
