import { strongest } from '../core/digests.ts';
import type { Fetcher } from '../fetch/fetcher.ts';
import type { PlainRoute } from '../fetch/plain-connection.ts';
import type { Origin, Wanted } from './acquire.ts';
import type { Blob, Intake, Reservation } from './blobs.ts';
import { createSmallFiles, type SmallFiles } from './small-files.ts';
import type { SmallFile } from './small-files-thread.ts';
import { storageError } from './storage-errors.ts';
import { credentialsFor, keyOf } from './wanted-files.ts';

/** A wanted file and its index among all. */
export type Entry = readonly [index: number, wanted: Wanted];

export interface SmallOptions {
  readonly origin: Origin;
  readonly fetcher: Pick<Fetcher, 'plain' | 'occupy'>;
  readonly intake: Pick<Intake, 'reserve'>;
  readonly signal: AbortSignal;
  /** How many files are fetched at once. */
  readonly concurrency: number;
  /** Whether there is nothing to do for the file any more; asked once of each. */
  readonly isDone: (entry: Entry) => Promise<boolean>;
  /** A file has come; it is durable after the intake's next flush. */
  readonly done: (entry: Entry, blob: Blob) => void;
  /** It is a durable blob. Must not throw. */
  readonly durable: (entry: Entry, blob: Blob) => void;
}

/** Larger files come in pieces, so that they can be resumed and their progress is seen. In bytes. */
const SMALL = 256 * 1024;
/** Fewer small files are not worth a thread. */
const MANY = 256;
/** Files, and bytes of them, that are asked for over one connection before others get their turn. */
const LANE_FILES = 64;
const LANE_BYTES = 1024 * 1024;
/** After how many answers out of the ordinary a server is left to who knows what to make of them. */
const MOST_ODD = 3;

interface Small {
  readonly entry: Entry;
  readonly route: PlainRoute;
  readonly file: SmallFile;
  readonly reservation: Reservation;
}

/**
 * Brings what it can of many small files, by a thread that asks for them over plain connections, checks and writes them: a tenth of the time that
 * any of them takes otherwise. Takes entries until there are no more, or the server answers in another way than plainly too often. Gives those that it took
 * and has not brought. Resolves early when the signal aborts. Throws STORAGE and STORAGE_FULL.
 */
export async function bringSmallFiles(entries: Iterator<Entry>, options: SmallOptions): Promise<Entry[]> {
  const { signal } = options;
  const run = new SmallRun(entries, options);
  await run.gather(MANY);
  if (run.gathered < MANY || signal.aborted) return run.leave();
  const thread = createSmallFiles();
  const stop = (): void => thread.close();
  signal.addEventListener('abort', stop);
  try {
    await Promise.all(Array.from({ length: Math.max(1, options.concurrency) }, () => run.work(thread)));
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    thread.close();
  }
  return run.leave();
}

class SmallRun {
  readonly #entries: Iterator<Entry>;
  readonly #options: SmallOptions;
  readonly #rest: Entry[] = [];
  #waiting: Small[] = [];
  #odd = 0;
  #ended = false;
  #failure: unknown;

  constructor(entries: Iterator<Entry>, options: SmallOptions) {
    this.#entries = entries;
    this.#options = options;
  }

  get gathered(): number {
    return this.#waiting.length;
  }

  /** Has that many small files wait, as far as there are as many. */
  async gather(count: number): Promise<void> {
    while (this.#waiting.length < count && !this.#ended) {
      const next = this.#entries.next();
      if (next.done === true) this.#ended = true;
      else if (!(await this.#options.isDone(next.value))) this.#sort(next.value);
    }
  }

  /** Fetches what waits, some files at a time, until there is nothing left or too much is out of the ordinary. */
  async work(thread: SmallFiles): Promise<void> {
    while (this.#odd < MOST_ODD && !this.#options.signal.aborted && this.#failure === undefined) {
      const lane = await this.#nextLane();
      if (lane.length === 0) return;
      await this.#options.fetcher.occupy(() => this.#fetch(lane, thread));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Gives up what waits. */
  leave(): Entry[] {
    this.#giveUp(this.#waiting);
    this.#waiting = [];
    return this.#rest;
  }

  #giveUp(small: readonly Small[]): void {
    for (const { reservation, entry } of small) {
      reservation.release();
      this.#rest.push(entry);
    }
  }

  #sort(entry: Entry): void {
    const small = this.#smallOf(entry);
    if (small === undefined) this.#rest.push(entry);
    else this.#waiting.push(small);
  }

  #smallOf(entry: Entry): Small | undefined {
    const [, wanted] = entry;
    const { urls, expected, maxSize } = wanted;
    const { size, checksums } = expected;
    const [url] = urls;
    if (size === undefined || size > SMALL || size > maxSize || strongest(checksums) === undefined || url === undefined) return undefined;
    const place = this.#options.fetcher.plain(url, credentialsFor(urls, this.#options.origin));
    if (place === undefined) return undefined;
    const reservation = this.#options.intake.reserve(keyOf(wanted));
    if (reservation === undefined) return undefined;
    return { entry, route: place.route, file: { target: place.target, size, checksums, path: reservation.path }, reservation };
  }

  /** Some files that wait, all of one server; none when none waits. */
  async #nextLane(): Promise<Small[]> {
    await this.gather(LANE_FILES);
    const [first] = this.#waiting;
    let count = 0;
    for (let bytes = 0; count < LANE_FILES; count++) {
      const small = this.#waiting[count];
      if (small === undefined || small.route !== first?.route || (count > 0 && bytes + small.file.size > LANE_BYTES)) break;
      bytes += small.file.size;
    }
    return this.#waiting.splice(0, count);
  }

  async #fetch(lane: readonly Small[], thread: SmallFiles): Promise<void> {
    const [first] = lane;
    if (first === undefined || this.#options.signal.aborted) return this.#giveUp(lane);
    const completing: Promise<void>[] = [];
    const fail = (error: unknown): void => {
      this.#failure ??= error;
    };
    const done = (index: number, sha256: string): void => {
      const small = lane[index];
      if (small === undefined) return;
      const blob = { sha256, size: small.file.size };
      this.#options.done(small.entry, blob);
      const durable = (): void => this.#options.durable(small.entry, blob);
      completing.push(small.reservation.complete(blob, durable).catch(fail));
    };
    const files = lane.map(({ file }) => file);
    const finished = await thread.fetch(first.route, files, done).catch((error: unknown) => {
      throw storageError(error, `write ${first.file.path} or another file beside it`);
    });
    await Promise.all(completing);
    if (finished === lane.length) return;
    this.#odd += 1;
    const [odd, ...others] = lane.slice(finished);
    if (odd !== undefined) this.#giveUp([odd]);
    this.#waiting.push(...others);
  }
}
