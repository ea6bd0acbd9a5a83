import { type MessagePort, parentPort, type Worker } from 'node:worker_threads';
import { reasonOf } from '../core/errors.ts';
import { isThreadOf, startThread } from '../core/thread.ts';
import { systemCode } from './storage-errors.ts';
import { writeAtOnce } from './write-at-once.ts';

/** Writes whole small files, read-only, in place of whatever had their names. */
export interface FileWriter {
  /** Undefined when the file is written by then; otherwise the bytes must stay as they are until it is. Throws or rejects with the system's error. */
  write(path: string, bytes: Buffer): Promise<void> | undefined;
  /** Gives up what is not written yet, which rejects. */
  close(): void;
}

/** Files that are written on the calling thread before there is another one for the rest. */
const WRITTEN_HERE = 256;
/** Tells the thread's code that it is the thread. */
const ROLE = 'mirror file writer';

/** Several files in one message: their bytes one after the other. */
interface Request {
  readonly paths: readonly string[];
  readonly sizes: readonly number[];
  readonly bytes: Uint8Array;
}

/** What became of the files of the oldest request without an answer: those that failed, by their index. */
type Answer = readonly { readonly index: number; readonly code: string | undefined; readonly message: string }[];

interface Waiting {
  readonly path: string;
  readonly bytes: Buffer;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Making a file is mostly waiting for the file system, tens of microseconds each. Where there are many, a thread of their own does that, and
 * the calling thread goes on receiving the next ones.
 */
export function createFileWriter(): FileWriter {
  let worker: Worker | undefined;
  let written = 0;
  let gathered: Waiting[] = [];
  const sent: Waiting[][] = [];

  const failAll = (error: unknown): void => {
    for (const files of [...sent.splice(0), gathered]) for (const file of files) file.reject(error);
    gathered = [];
  };
  const start = (): Worker => {
    const started = startThread(import.meta.url, ROLE);
    started.on('message', (answer: Answer) => {
      const files = sent.shift() ?? [];
      for (const { index, code, message } of answer) files[index]?.reject(Object.assign(new Error(message), { code }));
      for (const file of files) file.resolve();
      // Only unfinished work keeps the program running.
      if (sent.length === 0) started.unref();
    });
    started.on('error', failAll);
    return started;
  };
  const send = (): void => {
    const files = gathered;
    gathered = [];
    if (files.length === 0) return;
    const bytes = new Uint8Array(files.reduce((sum, file) => sum + file.bytes.length, 0));
    let at = 0;
    for (const file of files) {
      bytes.set(file.bytes, at);
      at += file.bytes.length;
    }
    const request: Request = { paths: files.map(({ path }) => path), sizes: files.map((file) => file.bytes.length), bytes };
    sent.push(files);
    worker ??= start();
    worker.ref();
    worker.postMessage(request, [bytes.buffer]);
  };

  return {
    write(path, bytes) {
      written += 1;
      if (written <= WRITTEN_HERE) {
        writeAtOnce(path, bytes);
        return undefined;
      }
      return new Promise((resolve, reject) => {
        if (gathered.length === 0) setImmediate(send);
        gathered.push({ path, bytes, resolve, reject });
      });
    },
    close() {
      void worker?.terminate();
      worker = undefined;
      failAll(new Error('the writing was given up'));
    },
  };
}

/** What the thread does. */
function serve(port: MessagePort): void {
  port.on('message', ({ paths, sizes, bytes }: Request) => {
    const failures: { index: number; code: string | undefined; message: string }[] = [];
    let at = 0;
    for (const [index, path] of paths.entries()) {
      const end = at + (sizes[index] ?? 0);
      try {
        writeAtOnce(path, bytes.subarray(at, end));
      } catch (error) {
        failures.push({ index, code: systemCode(error), message: reasonOf(error) });
      }
      at = end;
    }
    port.postMessage(failures);
  });
}

if (parentPort !== null && isThreadOf(ROLE)) serve(parentPort);
