import type { Config } from '../config/schema.ts';
import type { PlainRoute } from './plain-connection.ts';

/** Who to be at an upstream. Sent to the origin of the mirror's own URLs only, never to where a redirect leads. */
export interface Credentials {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** PEM, for TLS client authentication. */
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
}

/** One file, at one or several places that are tried in order. */
export interface FetchRequest {
  /** Absolute http(s) URLs of the same file, best first. */
  readonly urls: readonly string[];
  readonly credentials?: Credentials | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DocumentRequest extends FetchRequest {
  /** Most bytes that are accepted. */
  readonly maxSize: number;
}

export interface FetchedDocument {
  readonly bytes: Buffer;
  /** The URL that answered, as asked for (before redirects). */
  readonly url: string;
}

/** Where the bytes of a download go: hashes them, and can go on from what an earlier try left. */
export interface DownloadTarget {
  /** Bytes already held, from which a download may go on. */
  readonly held: number;
  /** Undefined when it is done at once: a small file in memory is not worth a promise for each piece. */
  write(chunk: Buffer): Promise<void> | undefined;
  /** Drops what is held: the server sends from the start, or what was held is wrong. */
  restart(): Promise<void>;
  /** The server has sent everything. Throws CHECKSUM_MISMATCH when the bytes are not what was expected; they are dropped then. */
  complete(): Promise<void>;
}

export interface DownloadRequest extends FetchRequest {
  /** Exact size in bytes where it is known. */
  readonly size?: number | undefined;
  /** Most bytes that are accepted where the size is not known. */
  readonly maxSize: number;
  readonly target: DownloadTarget;
  /** Called with the number of bytes that each piece adds. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

/**
 * Everything that comes from an upstream comes through here: limits on connections and bandwidth, timeouts, retries with
 * backoff and Retry-After, failover between URLs, resume, redirects (bounded, never from https to http), a proxy and a
 * private CA. Errors are FETCH_*, CHECKSUM_MISMATCH and ABORTED, and name the URL without credentials.
 */
export interface Fetcher {
  /** A small file, whole in memory. FETCH_NOT_FOUND when every URL answers 404 or 410. */
  document(request: DocumentRequest): Promise<FetchedDocument>;
  /** A file into a target. A wrong checksum is tried again, at the next URL first. */
  download(request: DownloadRequest): Promise<void>;
  /**
   * How the file is asked for over a plain connection, for whoever has many small ones to fetch; undefined where that must not be: over TLS or a proxy, or
   * with a limit on bandwidth. Equal routes are one object. FETCH_FAILED when it is no http(s) URL.
   */
  plain(url: string, credentials: Credentials | undefined): PlainPlace | undefined;
  /** Runs a task that uses one connection of its own, when there is room among those that may be used at once. */
  occupy<T>(task: () => Promise<T>): Promise<T>;
  /** Ends idle connections. */
  close(): Promise<void>;
}

/** Where a file is that needs no more than HTTP/1.1 itself. */
export interface PlainPlace {
  readonly route: PlainRoute;
  /** Path and query. */
  readonly target: string;
}

export type HttpSettings = Config['http'];
