import { type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads';
import type { DatabaseName } from '../database/schema.ts';
import type { PackageElements } from '../format/package-from-elements.ts';
import { findTag } from '../format/xml-bytes.ts';
import { type PerDocument, perDocument, type Segment } from './segment.ts';

/** Segments that are on their way at once: what bounds the memory. */
const AHEAD = 3;
/** Tells the thread's code that it is the thread. */
const ROLE = 'mirror createrepo databases';

export type Checksums = Readonly<Record<DatabaseName, string>>;

/** Makes the databases of a repository on a thread of its own. */
export interface DatabaseThread {
  /** Takes all segments, of which it needs the elements alone. */
  take(segments: AsyncIterable<Pick<Segment, 'plain'>> | Iterable<Pick<Segment, 'plain'>>): Promise<void>;
  /** Ends the databases. Gives their paths, in the order of the documents. */
  finish(checksums: Checksums): Promise<PerDocument<string>>;
  close(): Promise<void>;
}

type Request = { readonly plain: PerDocument<Uint8Array> } | { readonly checksums: Checksums };
type Answer = { readonly paths: PerDocument<string> } | 'taken';

export function createDatabaseThread(directory: string): DatabaseThread {
  const worker = new Worker(new URL(import.meta.url), { workerData: { role: ROLE, directory } });
  const waiting: PromiseWithResolvers<Answer>[] = [];
  let failure: { readonly error: unknown } | undefined;
  worker.on('message', (answer: Answer) => waiting.shift()?.resolve(answer));
  worker.on('error', (error) => {
    failure = { error };
    for (const { reject } of waiting.splice(0)) reject(error);
  });
  const ask = (request: Request): Promise<Answer> => {
    if (failure !== undefined) return Promise.reject(failure.error);
    const answer = Promise.withResolvers<Answer>();
    waiting.push(answer);
    worker.postMessage(request);
    return answer.promise;
  };
  return {
    async take(segments) {
      const sent: Promise<Answer>[] = [];
      for await (const { plain } of segments) {
        if (sent.length >= AHEAD) await sent.shift();
        const answer = ask({ plain });
        // Whoever waits for it sees its failure.
        answer.catch(() => undefined);
        sent.push(answer);
      }
      await Promise.all(sent);
    },
    async finish(checksums) {
      const answer = await ask({ checksums });
      if (answer === 'taken') throw new Error('the databases were not ended');
      return answer.paths;
    },
    async close() {
      await worker.terminate();
    },
  };
}

/** What the thread does. */
function serve(port: MessagePort, directory: string): void {
  const loading = Promise.all([import('../database/database-writer.ts'), import('../format/package-from-elements.ts')]);
  const ready = loading.then(([{ createDatabaseWriter }, { createPackageReader }]) => ({
    writer: createDatabaseWriter(directory),
    read: createPackageReader('the metadata of this run'),
  }));
  port.on('message', (request: Request) => {
    void ready.then(({ writer, read }) => {
      if ('checksums' in request) {
        writer.finish(request.checksums);
        const { primary, filelists, other } = writer.paths;
        port.postMessage({ paths: [primary, filelists, other] } satisfies Answer);
        return;
      }
      for (const elements of elementsOf(request.plain)) writer.add(read(elements));
      port.postMessage('taken' satisfies Answer);
    });
  });
}

const END = Buffer.from('</package');
const CLOSING = 0x3e;

/** The elements of each package of a segment. An end tag cannot stand in a text: a `<` in it is always escaped. */
function* elementsOf(plain: PerDocument<Uint8Array>): Generator<PackageElements> {
  const bytes = perDocument((index) => Buffer.from(plain[index].buffer, plain[index].byteOffset, plain[index].byteLength));
  const at = [0, 0, 0];
  while ((at[0] ?? 0) < bytes[0].length) {
    const [primary, filelists, other] = perDocument((index) => {
      const start = at[index] ?? 0;
      const end = bytes[index].indexOf(CLOSING, findTag(bytes[index], END, start)) + 1;
      at[index] = end + 1;
      return bytes[index].subarray(start, end);
    });
    yield { primary, filelists, other };
  }
}

function isThreadData(data: unknown): data is { readonly role: typeof ROLE; readonly directory: string } {
  return typeof data === 'object' && data !== null && 'role' in data && data.role === ROLE;
}

if (parentPort !== null && isThreadData(workerData)) serve(parentPort, workerData.directory);
