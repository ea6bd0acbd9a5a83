import type { PackageFile, StoredPackage } from './catalogue.ts';

/** All of a package but its record. */
export type PackageEntry = Omit<StoredPackage, 'record'>;

/** How many records are read at once. */
const PAGE = 256;

/**
 * Packages whose records are read from the database when they are asked for, and not kept: the records of 60,000 packages take 60 MB. Going
 * through them in the order that they have here reads many at a time.
 * @param read gives the records of some packages, in the order of the ids.
 */
export function deferRecords(entries: readonly PackageEntry[], read: (ids: readonly number[]) => readonly Buffer[]): StoredPackage[] {
  const reader = new RecordReader(entries, read);
  return entries.map((entry, index) => new DeferredPackage(entry, reader, index));
}

class RecordReader {
  readonly #entries: readonly PackageEntry[];
  readonly #read: (ids: readonly number[]) => readonly Buffer[];
  #page: readonly Buffer[] = [];
  #start = 0;
  #last = -1;

  constructor(entries: readonly PackageEntry[], read: (ids: readonly number[]) => readonly Buffer[]) {
    this.#entries = entries;
    this.#read = read;
  }

  record(index: number): Buffer {
    const held = this.#page[index - this.#start];
    // One that comes after the last begins or goes on with all of them; any other may be alone.
    const ahead = index === this.#last + 1 ? PAGE : 1;
    this.#last = index;
    if (held !== undefined) return held;
    const records = this.#read(this.#entries.slice(index, index + ahead).map((entry) => entry.id));
    const [record] = records;
    if (record === undefined) throw new RangeError('there is no such package in this list');
    if (ahead === PAGE) {
      this.#page = records;
      this.#start = index;
    }
    return record;
  }
}

class DeferredPackage implements StoredPackage {
  readonly id: number;
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly sha256: string;
  readonly size: number;
  readonly location: string;
  readonly files?: readonly PackageFile[] | undefined;
  readonly #reader: RecordReader;
  readonly #index: number;

  constructor(entry: PackageEntry, reader: RecordReader, index: number) {
    this.id = entry.id;
    this.name = entry.name;
    this.version = entry.version;
    this.architecture = entry.architecture;
    this.sha256 = entry.sha256;
    this.size = entry.size;
    this.location = entry.location;
    if (entry.files !== undefined) this.files = entry.files;
    this.#reader = reader;
    this.#index = index;
  }

  get record(): Buffer {
    return this.#reader.record(this.#index);
  }
}
