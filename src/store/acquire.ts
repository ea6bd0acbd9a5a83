import type { Expected } from '../core/digests.ts';
import type { Credentials, FetchedDocument } from '../fetch/fetcher.ts';
import type { Blob } from './blobs.ts';

/** Where an upstream is and who to be there. */
export interface Origin {
  /** Base URLs of the same content, each ending in `/` or with a query after that, best first. */
  readonly bases: readonly string[];
  readonly credentials?: Credentials | undefined;
  /** URLs at the servers that may be told who we are; the bases when left out. */
  readonly home?: readonly string[] | undefined;
}

/** One file of an upstream that is wanted in the pool. */
export interface Wanted {
  /** URLs of the file, best first. */
  readonly urls: readonly string[];
  readonly expected: Expected;
  /** Most bytes that are accepted where the size is not stated. */
  readonly maxSize: number;
}

/** Brings files of one upstream into the pool: what is there already is not fetched, what was begun is resumed. */
export interface Acquirer {
  /** A small file, whole in memory, not stored. `path` is relative to the bases and already escaped for a URL; `bases` are asked in place of the origin's. */
  document(path: string, maxSize: number, bases?: readonly string[]): Promise<FetchedDocument>;
  /** As `document`, but undefined when no server has the file. */
  optionalDocument(path: string, maxSize: number): Promise<FetchedDocument | undefined>;
  /** A file into the pool; in it when this returns. */
  file(wanted: Wanted): Promise<Blob>;
  /** What was fetched as a document, into the pool; in it when this returns. */
  keep(bytes: Buffer): Promise<Blob>;
  readonly origin: Origin;
}
