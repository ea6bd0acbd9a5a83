import { type MessagePort, parentPort } from 'node:worker_threads';
import { askedThread } from '../../core/asked-thread.ts';
import { isThreadOf, keepThreadModules, startThread, threadInput } from '../../core/thread.ts';
import { type PerDocument, perDocument } from '../format/repodata/package-documents.ts';
import type { PackageElements } from '../format/repodata/package-from-elements.ts';
import { findTag, GREATER } from '../format/xml/xml-bytes.ts';
import type { Segment } from './segment.ts';

/** Segments that are on their way at once: what bounds the memory. */
const AHEAD = 3;
/** Tells the thread's code that it is the thread. */
const ROLE = 'mirror createrepo databases';

/** Makes the databases of a repository on a thread of its own. */
export interface DatabaseThread {
  /** Takes all segments, of which it needs the elements alone. */
  take(segments: AsyncIterable<Pick<Segment, 'plain'>> | Iterable<Pick<Segment, 'plain'>>): Promise<void>;
  /** Ends the databases, which state these checksums of the compressed documents. Gives their paths. */
  finish(checksums: PerDocument<string>): Promise<PerDocument<string>>;
  close(): Promise<void>;
}

type Request = { readonly plain: PerDocument<Uint8Array> } | { readonly checksums: PerDocument<string> };
type Answer = { readonly paths: PerDocument<string> } | 'taken';

export function createDatabaseThread(directory: string): DatabaseThread {
  const thread = askedThread<Request, Answer>(startThread(import.meta.url, ROLE, directory));
  return {
    async take(segments) {
      const sent: Promise<Answer>[] = [];
      for await (const { plain } of segments) {
        if (sent.length >= AHEAD) await sent.shift();
        sent.push(thread.ask({ plain }));
      }
      await Promise.all(sent);
    },
    async finish(checksums) {
      const answer = await thread.ask({ checksums });
      if (answer === 'taken') throw new Error('the databases were not ended');
      return answer.paths;
    },
    close: () => thread.close(),
  };
}

/** What the thread does. */
function serve(port: MessagePort, directory: string): void {
  const loading = Promise.all([import('../database/database-writer.ts'), import('../format/repodata/package-from-elements.ts')]);
  const ready = loading.then(([{ createDatabaseWriter }, { createPackageReader }]) => {
    keepThreadModules();
    return { writer: createDatabaseWriter(directory), read: createPackageReader('the metadata of this run') };
  });
  port.on('message', (request: Request) => {
    void ready.then(({ writer, read }) => {
      if ('checksums' in request) {
        writer.finish(request.checksums);
        port.postMessage({ paths: writer.paths } satisfies Answer);
        return;
      }
      for (const elements of elementsOf(request.plain)) writer.add(read(elements));
      port.postMessage('taken' satisfies Answer);
    });
  });
}

const END = Buffer.from('</package');

/** The elements of each package of a segment. An end tag cannot stand in a text: a `<` in it is always escaped. */
function* elementsOf(plain: PerDocument<Uint8Array>): Generator<PackageElements> {
  const bytes = perDocument((index) => Buffer.from(plain[index].buffer, plain[index].byteOffset, plain[index].byteLength));
  const at = [0, 0, 0];
  while ((at[0] ?? 0) < bytes[0].length) {
    const [primary, filelists, other] = perDocument((index) => {
      const start = at[index] ?? 0;
      const end = bytes[index].indexOf(GREATER, findTag(bytes[index], END, start)) + 1;
      at[index] = end + 1;
      return bytes[index].subarray(start, end);
    });
    yield { primary, filelists, other };
  }
}

if (parentPort !== null && isThreadOf(ROLE)) {
  const directory = threadInput();
  if (typeof directory === 'string') serve(parentPort, directory);
}
