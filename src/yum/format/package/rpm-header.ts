import { MirrorError } from '../../../core/errors.ts';

const MAGIC = Buffer.from([0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0]);
/** Magic, reserved bytes, number of entries and size of the data. */
export const HEADER_INTRO = 16;
const ENTRY_SIZE = 16;
const MAX_ENTRIES = 0xffff;
const MAX_DATA = 0x0fffffff;

const MAX_STRINGS = 1000;
/** Of one entry: no package has nearly as many files or relations. */
const MAX_VALUES = 1_000_000;

const STRING = 6;
const BINARY = 7;
const STRING_ARRAY = 8;
const I18N_STRING = 9;
/** Bytes of one value, by type. A string has at least the byte that ends it. */
const VALUE_SIZE: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 1, 1];

/** One header structure of an RPM package (rpm package formats v3, v4 and v6), whose entries are checked against its bounds. */
export interface RpmHeader {
  /** The value of a tag of a string type: the first of several. */
  string(tag: number): string | undefined;
  /** METADATA_INVALID when there are more than 1,000: nothing that is asked for has as many. */
  strings(tag: number): readonly string[] | undefined;
  /**
   * All values of a tag of a string type, one character for each byte, whatever their encoding is; none when the tag is missing or of another
   * type. METADATA_INVALID when there are more than 1,000,000.
   */
  byteStrings(tag: number): readonly string[];
  /** The same of one value; undefined when there is none. */
  byteString(tag: number, index: number): string | undefined;
  /** The first value of an INT16, INT32 or INT64 tag. */
  number(tag: number): number | undefined;
  /** All values of an INT16, INT32 or INT64 tag; none when the tag is missing or of another type. METADATA_INVALID when there are more than 1,000,000. */
  numbers(tag: number): readonly number[];
  binary(tag: number): Buffer | undefined;
  has(tag: number): boolean;
  /** What to throw when the value of a tag cannot be right: METADATA_INVALID, with the place of its entry. */
  invalid(tag: number, why: string): MirrorError;
}

export interface HeaderOptions {
  readonly regionTag: number;
  /**
   * Whether the first entry must be the region, and cover every entry and byte: what is outside of it is not signed. Otherwise a region that
   * is there must be well-formed; entries after it stand in for those in it, as rpm has it.
   */
  readonly wholeRegion: boolean;
  readonly what: string;
  /** Where the header begins in its file, for messages. In bytes. */
  readonly offset?: number;
}

/** How long a header structure is, from its first 16 bytes. METADATA_INVALID when these cannot begin one. In bytes. */
export function headerSize(intro: Buffer, what: string): number {
  const { entries, data } = introOf(intro, what);
  return HEADER_INTRO + ENTRY_SIZE * entries + data;
}

function introOf(intro: Buffer, what: string): { readonly entries: number; readonly data: number } {
  if (intro.length < HEADER_INTRO || intro.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) !== 0)
    throw invalidPackage(what, 'a header does not begin where it should');
  const entries = intro.readUInt32BE(8);
  const data = intro.readUInt32BE(12);
  if (entries === 0 || entries > MAX_ENTRIES || data > MAX_DATA)
    throw invalidPackage(what, `a header claims ${entries} entries and ${data} bytes`);
  return { entries, data };
}

function invalidPackage(what: string, why: string): MirrorError {
  return new MirrorError('METADATA_INVALID', `${what} is not a valid RPM package: ${why}`);
}

/** Reads a whole header structure. METADATA_INVALID when it is malformed; what is wrong with an entry is told with its tag and place. */
export function parseHeader(bytes: Buffer, options: HeaderOptions): RpmHeader {
  const { what } = options;
  const intro = introOf(bytes, what);
  const header = new Header(bytes, options, HEADER_INTRO + ENTRY_SIZE * intro.entries);
  if (bytes.length !== header.dataStart + intro.data) throw invalidPackage(what, 'a header is cut short');
  header.readEntries();
  return header;
}

interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly offset: number;
  readonly count: number;
}

function entryProblem({ tag, type, offset, count }: Entry, dataSize: number): string | undefined {
  if (tag < 100 && (tag < 61 || tag > 63)) return 'has an impossible number';
  if (type > I18N_STRING) return `has the unknown type ${type}`;
  if (offset < 0 || offset > dataSize) return 'points outside of the header';
  if (count === 0 || count > dataSize) return `claims ${count} values`;
  const size = sizeOf(type);
  if (offset + size * count > dataSize) return 'reaches outside of the header';
  return size > 1 && offset % size !== 0 ? 'is not aligned' : undefined;
}

function sizeOf(type: number): number {
  return VALUE_SIZE[type] ?? 1;
}

class Header implements RpmHeader {
  readonly dataStart: number;
  private readonly bytes: Buffer;
  private readonly view: DataView;
  private readonly options: HeaderOptions;
  /** Where in `bytes` the entry of a tag is. */
  private readonly positions = new Map<number, number>();
  private allText: string | undefined;

  constructor(bytes: Buffer, options: HeaderOptions, dataStart: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.options = options;
    this.dataStart = dataStart;
  }

  readEntries(): void {
    const { dataStart, options, positions, view } = this;
    const dataSize = this.bytes.length - dataStart;
    const regionEnd = this.readRegion(dataSize);
    // The values are in the order of the entries, and none are used twice: so what is read of a header is never more than the header has.
    let used = 0;
    for (let at = HEADER_INTRO; at < dataStart; at += ENTRY_SIZE) {
      const tag = view.getUint32(at);
      const type = view.getUint32(at + 4);
      const offset = view.getInt32(at + 8);
      const count = view.getUint32(at + 12);
      const problem = entryProblem({ tag, type, offset, count }, dataSize);
      if (problem !== undefined) throw this.invalidAt(at, problem);
      if (tag >= 100) {
        if (offset < used) throw this.invalidAt(at, 'overlaps the one before it');
        used = offset + sizeOf(type) * count;
      }
      if (positions.has(tag) && at < regionEnd) throw this.invalidAt(at, 'is there twice');
      positions.set(tag, at);
    }
    if (options.wholeRegion && regionEnd !== dataStart) {
      throw invalidPackage(
        options.what,
        regionEnd === 0 ? 'its header does not begin with its region' : 'its signed region does not cover the whole header',
      );
    }
  }

  /** Checks the region, if the first entry is one; gives where the entries that it covers end, 0 without a region. */
  private readRegion(dataSize: number): number {
    const { dataStart, options, view } = this;
    const { regionTag, what } = options;
    if (view.getUint32(HEADER_INTRO) !== regionTag) return 0;
    const offset = view.getInt32(HEADER_INTRO + 8);
    const isEntry = view.getUint32(HEADER_INTRO + 4) === BINARY && view.getUint32(HEADER_INTRO + 12) === ENTRY_SIZE;
    if (!isEntry || offset < 0 || offset + ENTRY_SIZE > dataSize) throw this.invalidAt(HEADER_INTRO, 'is a malformed region');
    const trailer = dataStart + offset;
    const covered = -view.getInt32(trailer + 8);
    const isTrailer = view.getUint32(trailer + 4) === BINARY && view.getUint32(trailer + 12) === ENTRY_SIZE;
    if (!isTrailer || view.getUint32(trailer) !== regionTag || covered <= 0 || covered % ENTRY_SIZE !== 0)
      throw this.invalidAt(HEADER_INTRO, 'is a malformed region');
    const end = HEADER_INTRO + covered;
    if (end > dataStart) throw this.invalidAt(HEADER_INTRO, 'is a region of more entries than there are');
    if (end === dataStart && offset + ENTRY_SIZE !== dataSize)
      throw invalidPackage(what, 'its signed region does not cover the whole header');
    return end;
  }

  string(tag: number): string | undefined {
    return this.decoded(tag, 1)?.[0];
  }

  strings(tag: number): readonly string[] | undefined {
    const values = this.decoded(tag, MAX_STRINGS + 1);
    if (values !== undefined && values.length > MAX_STRINGS) throw this.invalid(tag, `has more than ${MAX_STRINGS} values`);
    return values;
  }

  private decoded(tag: number, most: number): string[] | undefined {
    return this.rawStrings(tag, most)?.map((text) => Buffer.from(text, 'latin1').toString('utf8'));
  }

  byteStrings(tag: number): readonly string[] {
    const values = this.rawStrings(tag, MAX_VALUES + 1) ?? [];
    if (values.length > MAX_VALUES) throw this.invalid(tag, `has more than ${MAX_VALUES} values`);
    return values;
  }

  byteString(tag: number, index: number): string | undefined {
    return this.rawStrings(tag, index + 1)?.[index];
  }

  private rawStrings(tag: number, most: number): string[] | undefined {
    const at = this.positions.get(tag);
    if (at === undefined) return undefined;
    const { view } = this;
    const type = view.getUint32(at + 4);
    if (type !== STRING && type !== STRING_ARRAY && type !== I18N_STRING) return undefined;
    const count = type === STRING ? 1 : Math.min(view.getUint32(at + 12), most);
    const text = this.text();
    const values: string[] = [];
    let start = view.getInt32(at + 8);
    for (let index = 0; index < count; index++) {
      const end = text.indexOf('\0', start);
      if (end === -1) throw this.invalidAt(at, 'is not ended');
      values.push(text.slice(start, end));
      start = end + 1;
    }
    return values;
  }

  private text(): string {
    this.allText ??= this.bytes.toString('latin1', this.dataStart);
    return this.allText;
  }

  number(tag: number): number | undefined {
    const at = this.positions.get(tag);
    if (at === undefined) return undefined;
    return this.numberAt(this.view.getUint32(at + 4), this.dataStart + this.view.getInt32(at + 8));
  }

  numbers(tag: number): readonly number[] {
    const at = this.positions.get(tag);
    if (at === undefined) return [];
    const type = this.view.getUint32(at + 4);
    const size = sizeOf(type);
    const count = this.view.getUint32(at + 12);
    if (count > MAX_VALUES) throw this.invalid(tag, `has more than ${MAX_VALUES} values`);
    const start = this.dataStart + this.view.getInt32(at + 8);
    const values: number[] = [];
    for (let index = 0; index < count; index++) {
      const value = this.numberAt(type, start + index * size);
      if (value === undefined) return [];
      values.push(value);
    }
    return values;
  }

  private numberAt(type: number, at: number): number | undefined {
    switch (type) {
      case 3:
        return this.view.getUint16(at);
      case 4:
        return this.view.getUint32(at);
      case 5:
        return Number(this.view.getBigUint64(at));
      default:
        return undefined;
    }
  }

  binary(tag: number): Buffer | undefined {
    const at = this.positions.get(tag);
    if (at === undefined || this.view.getUint32(at + 4) !== BINARY) return undefined;
    const start = this.dataStart + this.view.getInt32(at + 8);
    return this.bytes.subarray(start, start + this.view.getUint32(at + 12));
  }

  has(tag: number): boolean {
    return this.positions.has(tag);
  }

  invalid(tag: number, why: string): MirrorError {
    const at = this.positions.get(tag);
    return at === undefined ? invalidPackage(this.options.what, `the header entry ${tag} ${why}`) : this.invalidAt(at, why);
  }

  private invalidAt(at: number, why: string): MirrorError {
    const place = ((this.options.offset ?? 0) + at).toString(16);
    return invalidPackage(this.options.what, `the header entry ${this.view.getUint32(at)} at offset 0x${place} ${why}`);
  }
}
