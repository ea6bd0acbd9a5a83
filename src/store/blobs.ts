import type { Readable } from 'node:stream';
import type { ChecksumAlgorithm, Expected } from '../core/digests.ts';
import type { DownloadTarget } from '../fetch/fetcher.ts';
import type { Upload } from './upload.ts';

/** A file of the pool. */
export interface Blob {
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** Bytes `start` to `end`, both included, as in HTTP. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Content-addressed files. The file system is the embedded default; an object store can stand behind the same interface.
 * A blob that `stat` finds is complete and has the hash in its name.
 */
export interface BlobStore {
  /** Size in bytes, or undefined when it is not there. */
  stat(sha256: string): Promise<number | undefined>;
  /** Whether it is there, at once: for use within a transaction of the state database. */
  has(sha256: string): boolean;
  /** Throws BLOB_MISSING (as an error of the stream, too) when it is not there. */
  read(sha256: string, range?: ByteRange): Readable;
  /** As `read`, but in memory that is used again and again: a piece stays what it is until the next one is asked for. */
  pieces(sha256: string, range: ByteRange): AsyncIterable<Buffer>;
  /** A whole blob in memory; throws BLOB_MISSING, or BLOB_CORRUPT when it is over `maxSize` bytes or its hash is wrong. */
  readWhole(sha256: string, maxSize: number): Promise<Buffer>;
  /** Every blob, in no order. */
  list(): AsyncIterable<Blob>;
  delete(sha256: string): Promise<void>;
  /**
   * Deletes a blob that came into the pool before `since`, in milliseconds since 1970, at once and without giving way: for whoever holds a transaction over the rows
   * that name blobs. Gives whether it is gone.
   */
  deleteOlder(sha256: string, since: number): boolean;
  /**
   * Begins to bring files in. They become blobs in batches: each batch is made durable as a whole before any of it is visible.
   * @param scope names what the work is for, such as `sync-docker`; parts left by an interrupted run of the same scope are found again.
   *   One process at a time uses a scope, which the caller's lock ensures.
   */
  intake(scope: string): Promise<Intake>;
}

/** A batch of files on their way into the pool. */
export interface Intake {
  /**
   * Opens a file to be downloaded. Bytes of an interrupted run under the same key are taken up again.
   * @param key names the file within the scope: its expected digest where it is known.
   */
  open(key: string, expected: Expected): Promise<Part>;
  /**
   * As `open`, for a file that somebody else will write, whole and read-only. Undefined where that is not possible, or bytes of an interrupted run are to be taken up.
   */
  reserve(key: string): Reservation | undefined;
  /**
   * Opens a file that somebody sends, whose digest is told only at its end. Bytes of an interrupted run under the same key are taken up again.
   * It becomes a durable blob by itself, without a flush, together with others that are complete at the same time.
   * @param algorithms by which it may be named besides SHA-256; by others, too, though it is read again for them.
   */
  upload(key: string, algorithms: readonly ChecksumAlgorithm[]): Promise<Upload>;
  /** Whether there are bytes of an interrupted run under a key. */
  holds(key: string): boolean;
  /** Removes what interrupted runs left and nobody has written to since a time, in milliseconds since 1970. */
  removeUntouched(since: number): Promise<void>;
  /** A file from memory or a stream; durable after the next flush. */
  add(source: Uint8Array | AsyncIterable<Uint8Array>): Promise<Blob>;
  /** Makes every completed file a durable blob. Called by itself when a batch has grown large; callers call it before they write rows. */
  flush(): Promise<void>;
  /** Flushes, then removes what is left of the scope (parts of files that were never completed). */
  finish(): Promise<void>;
  /** Gives up without flushing; completed files and parts stay in tmp for the next run of the scope. */
  abandon(): Promise<void>;
}

/** One file being downloaded into an intake. */
export interface Part extends DownloadTarget {
  /** Whether the bytes held from an earlier run are the whole expected file: then there is nothing to download, only `complete` to call. */
  readonly whole: boolean;
  /** After `complete`: what the file is. It is in the pool after the intake's next flush. */
  readonly blob: Blob;
  /** Closes the file and keeps its bytes for a later run. */
  keep(): Promise<void>;
}

/** A place for one file on its way into the pool. */
export interface Reservation {
  readonly path: string;
  /** The file is there, and is this blob: in the pool after the intake's next flush, and when `durable` is called. */
  complete(blob: Blob, durable?: () => void): Promise<void>;
  /** Nothing was written. */
  release(): void;
}
