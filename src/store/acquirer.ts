import { type Expected, sha256Of, strongest } from '../core/digests.ts';
import { type ErrorCode, isMirrorError, MirrorError } from '../core/errors.ts';
import { redactUrl } from '../core/redact.ts';
import type { FetchedDocument, Fetcher } from '../fetch/fetcher.ts';
import { joinUrl } from '../fetch/join-url.ts';
import type { Acquirer, Origin, Wanted } from './acquire.ts';
import type { Blob, BlobStore, Intake, Part } from './blobs.ts';
import { bringSmallFiles, type Entry } from './bring-small.ts';
import type { Catalogue, DigestAlias } from './catalogue.ts';
import { credentialsFor, keyOf } from './wanted-files.ts';

export interface AcquirerOptions {
  readonly origin: Origin;
  readonly fetcher: Fetcher;
  readonly blobs: BlobStore;
  readonly catalogue: Pick<Catalogue, 'sha256For' | 'rememberDigests'>;
  /** Where files come in; the caller finishes or abandons it. */
  readonly intake: Intake;
  readonly signal: AbortSignal;
  /** Called with the number of bytes that each received piece adds. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

/** Brings files of one upstream into the pool. Throws what the fetcher and the intake throw: FETCH_*, CHECKSUM_MISMATCH, ABORTED, STORAGE*. */
export function createAcquirer(options: AcquirerOptions): Acquirer {
  const { origin, fetcher, intake, signal } = options;
  const document = (path: string, maxSize: number, bases = origin.bases): Promise<FetchedDocument> => {
    const urls = bases.map((base) => joinUrl(base, path));
    return fetcher.document({ urls, credentials: credentialsFor(urls, origin), maxSize, signal });
  };
  return {
    origin,
    document,
    async optionalDocument(path, maxSize) {
      try {
        return await document(path, maxSize);
      } catch (error) {
        if (isMirrorError(error, 'FETCH_NOT_FOUND')) return undefined;
        throw error;
      }
    },
    async file(wanted) {
      const known = await inPool(wanted.expected, options);
      if (known !== undefined) return known;
      const blob = await download(wanted, options, options.onBytes);
      await intake.flush();
      const aliases = aliasesOf(wanted, blob);
      if (aliases.length > 0) options.catalogue.rememberDigests(aliases);
      return blob;
    },
    async keep(bytes) {
      const blob = await intake.add(bytes);
      await intake.flush();
      return blob;
    },
  };
}

interface BringProgress {
  /** Files that are in, fetched or not. */
  readonly items: number;
  /** Bytes of them, and of those under way. */
  readonly bytes: number;
}

export interface BringOptions extends AcquirerOptions {
  /** How many files are fetched at once. */
  readonly concurrency: number;
  readonly onProgress?: ((progress: BringProgress) => void) | undefined;
  /** Told of files that are durable blobs already, by their index: of many, but not of all. Must not throw. */
  readonly onDurable?: ((index: number, blob: Blob) => void) | undefined;
}

export interface Brought {
  /** What the wanted files are, by their index; those that failed are missing. All are durable in the pool. */
  readonly done: ReadonlyMap<number, Blob>;
  /** How many of them came from the upstream; the pool had the others. */
  readonly fetched: number;
  /** In the order of the index. */
  readonly failed: readonly { readonly index: number; readonly error: MirrorError }[];
  /** How many were not tried any more, because too many failed one after the other. */
  readonly untried: number;
}

const FATAL: ReadonlySet<ErrorCode> = new Set(['ABORTED', 'STORAGE', 'STORAGE_FULL']);
/** After how many failures in a row, with none that came in between, an upstream is given up: each may have taken minutes of retries. */
const MOST_FAILURES = 20;
/** The same for each file that is fetched at once. */
const MOST_FAILURES_EACH = 3;

/** How often progress is told at most, in milliseconds. */
const PROGRESS_INTERVAL = 40;

/**
 * Brings many files into the pool, and makes them durable. A file that fails does not stop the others, unless nothing but failures comes: an
 * upstream that hangs would take days. Files that are missing do not count as such. ABORTED, STORAGE and
 * STORAGE_FULL stop all of them and are thrown, and what was begun is kept for the next run. Files with the same checksum are fetched once.
 */
export async function bringFiles(items: Iterable<{ readonly wanted: Wanted }>, options: BringOptions): Promise<Brought> {
  const run = new BringRun(items, options);
  await run.bringAll();
  return await run.ended();
}

class BringRun {
  readonly #options: BringOptions;
  readonly #stop = new AbortController();
  /** Aborts when the caller says so, or something has failed that stops everything. */
  readonly #signal: AbortSignal;
  readonly #transfers: ReturnType<typeof createTransfers>;
  readonly #all: Generator<Entry, void, undefined>;
  readonly #mostInARow: number;
  readonly #done = new Map<number, Blob>();
  readonly #failed: { index: number; error: MirrorError }[] = [];
  /** What is to be tried still. */
  #entries: Iterator<Entry>;
  #bytes = 0;
  #fatal: unknown;
  #inARow = 0;
  /** When progress was told last. */
  #told = 0;

  constructor(items: Iterable<{ readonly wanted: Wanted }>, options: BringOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
    this.#transfers = createTransfers({ ...options, signal: this.#signal }, (added) => this.#count(added));
    this.#all = enumerate(items);
    this.#entries = this.#all;
    this.#mostInARow = Math.max(MOST_FAILURES, MOST_FAILURES_EACH * options.concurrency);
  }

  /** Never throws: `ended` does. */
  async bringAll(): Promise<void> {
    try {
      const rest = await this.#bringSmall();
      this.#entries = chained(rest, this.#all);
      await Promise.all(Array.from({ length: Math.max(1, this.#options.concurrency) }, () => this.#work()));
    } catch (error) {
      this.#fatal ??= error;
    }
    this.#tell();
  }

  /** What came of it, durable. */
  async ended(): Promise<Brought> {
    const { catalogue, intake, signal } = this.#options;
    if (this.#fatal !== undefined) throw this.#fatal;
    if (signal.aborted) throw aborted();
    await intake.flush();
    const { fetched, aliases } = this.#transfers;
    if (aliases.length > 0) catalogue.rememberDigests(aliases);
    const failed = this.#failed.sort((a, b) => a.index - b.index);
    return { done: this.#done, fetched: fetched(), failed, untried: remaining(this.#entries) };
  }

  #bringSmall(): Promise<Entry[]> {
    const options = this.#options;
    return bringSmallFiles(this.#all, {
      ...options,
      signal: this.#signal,
      isDone: async ([index, wanted]) => {
        const blob = await inPool(wanted.expected, options);
        if (blob === undefined) return false;
        this.#done.set(index, blob);
        this.#count(blob.size);
        options.onDurable?.(index, blob);
        return true;
      },
      done: ([index, wanted], blob) => {
        this.#done.set(index, blob);
        options.onBytes?.(blob.size);
        this.#count(blob.size);
        this.#transfers.brought(wanted, blob);
      },
      durable: ([index], blob) => options.onDurable?.(index, blob),
    });
  }

  /** Brings one file after the other, until there are none or nothing but failures comes. */
  async #work(): Promise<void> {
    try {
      while (!this.#signal.aborted && this.#inARow < this.#mostInARow) {
        const next = this.#entries.next();
        if (next.done === true) return;
        await this.#bring(...next.value);
      }
    } catch (error) {
      this.#fatal ??= error;
      this.#stop.abort();
    }
  }

  async #bring(index: number, wanted: Wanted): Promise<void> {
    try {
      this.#done.set(index, await this.#transfers.bring(wanted));
      this.#inARow = 0;
    } catch (error) {
      if (!isMirrorError(error) || FATAL.has(error.code)) throw error;
      this.#failed.push({ index, error });
      if (error.code !== 'FETCH_NOT_FOUND') this.#inARow++;
    }
  }

  #count(added: number): void {
    this.#bytes += added;
    if (performance.now() - this.#told >= PROGRESS_INTERVAL) this.#tell();
  }

  #tell(): void {
    this.#told = performance.now();
    this.#options.onProgress?.({ items: this.#done.size, bytes: this.#bytes });
  }
}

/**
 * Files of one run, each fetched once however often it is wanted.
 * @param count is told the bytes that each piece adds, and what of them turned out not to count.
 */
function createTransfers(options: AcquirerOptions, count: (added: number) => void) {
  const underWay = new Map<string, Promise<Blob> | Blob>();
  const aliases: DigestAlias[] = [];
  let fetched = 0;

  const fetchNew = async (wanted: Wanted): Promise<Blob> => {
    let counted = 0;
    const onBytes = (added: number): void => {
      counted += added;
      options.onBytes?.(added);
      count(added);
    };
    const known = await inPool(wanted.expected, options);
    try {
      const blob = known ?? (await download(wanted, options, onBytes));
      if (known === undefined) {
        fetched++;
        aliases.push(...aliasesOf(wanted, blob));
      }
      // What was held before counts, and what had to be fetched twice does not.
      count(blob.size - counted);
      return blob;
    } catch (error) {
      count(-counted);
      throw error;
    }
  };

  return {
    /** How many files were fetched; they are durable after the intake's next flush. */
    fetched: () => fetched,
    /** Of what was fetched, to be remembered once it is durable. */
    aliases,
    /** A file was fetched by somebody else. */
    brought(wanted: Wanted, blob: Blob): void {
      fetched++;
      aliases.push(...aliasesOf(wanted, blob));
      underWay.set(nameOf(wanted), blob);
    },
    async bring(wanted: Wanted): Promise<Blob> {
      const key = nameOf(wanted);
      const same = underWay.get(key);
      if (same !== undefined) {
        const blob = await same;
        count(blob.size);
        return blob;
      }
      const fetching = fetchNew(wanted);
      underWay.set(key, fetching);
      return await fetching;
    },
  };
}

/** The blob that a wanted file is, when the pool has it: by its SHA-256, or by another checksum under which it came in before. */
async function inPool(expected: Expected, { blobs, catalogue }: AcquirerOptions): Promise<Blob | undefined> {
  const best = strongest(expected.checksums);
  const sha256 = sha256Of(expected) ?? (best === undefined ? undefined : catalogue.sha256For(best.algorithm, best.value));
  if (sha256 === undefined) return undefined;
  const size = await blobs.stat(sha256);
  return size !== undefined && (expected.size === undefined || size === expected.size) ? { sha256, size } : undefined;
}

async function download(
  wanted: Wanted,
  { origin, fetcher, intake, signal }: AcquirerOptions,
  onBytes: ((count: number) => void) | undefined,
): Promise<Blob> {
  if (signal.aborted) throw aborted();
  const { urls, expected, maxSize } = wanted;
  if (expected.size !== undefined && expected.size > maxSize) {
    throw new MirrorError(
      'FETCH_TOO_LARGE',
      `${redactUrl(urls[0] ?? 'a file')} is stated to be ${expected.size} bytes long, and at most ${maxSize} are accepted`,
    );
  }
  const part: Part = await intake.open(keyOf(wanted), expected);
  try {
    if (part.whole) await part.complete();
    else {
      await fetcher.download({
        urls,
        credentials: credentialsFor(urls, origin),
        size: expected.size,
        maxSize,
        target: part,
        onBytes,
        signal,
      });
    }
    return part.blob;
  } finally {
    await part.keep();
  }
}

/** Equal for files that are fetched once. */
function nameOf(wanted: Wanted): string {
  return `${keyOf(wanted)} ${wanted.expected.size}`;
}

function* enumerate(items: Iterable<{ readonly wanted: Wanted }>): Generator<Entry, void, undefined> {
  let index = 0;
  for (const { wanted } of items) yield [index++, wanted];
}

function* chained(first: readonly Entry[], then: Iterable<Entry>): Generator<Entry, void, undefined> {
  yield* first;
  yield* then;
}

function remaining(entries: Iterator<Entry>): number {
  let count = 0;
  while (entries.next().done !== true) count++;
  return count;
}

/** What lets a later run find a file by the checksums that its metadata states. They may be stored once its blob is durable. */
function aliasesOf({ expected }: Wanted, { sha256 }: Blob): DigestAlias[] {
  if (sha256Of(expected) !== undefined) return [];
  return expected.checksums.map(({ algorithm, value }) => ({ algorithm, value, sha256 }));
}

function aborted(): MirrorError {
  return new MirrorError('ABORTED', 'the work was interrupted', { hint: 'Run again to go on where it stopped.' });
}
