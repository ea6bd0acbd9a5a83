import { MirrorError } from '../../core/errors.ts';

const MAGIC = Buffer.from([0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0]);
/** Magic, reserved bytes, number of entries and size of the data. */
export const HEADER_INTRO = 16;
const ENTRY_SIZE = 16;
const MAX_ENTRIES = 0xffff;
const MAX_DATA = 0x0fffffff;

const MAX_STRINGS = 1000;

const STRING = 6;
const BINARY = 7;
const STRING_ARRAY = 8;
const I18N_STRING = 9;
/** Bytes of one value, by type; strings have no fixed size. */
const VALUE_SIZE: Readonly<Record<number, number>> = { 0: 0, 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1 };

interface Entry {
  readonly type: number;
  readonly offset: number;
  readonly count: number;
}

/** One header structure of an RPM package (rpm package format v4 and v6), whose entries are checked against its bounds. */
export interface RpmHeader {
  /** The value of a tag of a string type: the first of several. */
  string(tag: number): string | undefined;
  /** METADATA_INVALID when there are more than 1,000: nothing that is asked for has as many. */
  strings(tag: number): readonly string[] | undefined;
  /** The first value of an INT16, INT32 or INT64 tag. */
  number(tag: number): number | undefined;
  binary(tag: number): Buffer | undefined;
  has(tag: number): boolean;
}

/** How long a header structure is, from its first 16 bytes. METADATA_INVALID when these cannot begin one. In bytes. */
export function headerSize(intro: Buffer, what: string): number {
  const { entries, data } = introOf(intro, what);
  return HEADER_INTRO + ENTRY_SIZE * entries + data;
}

function introOf(intro: Buffer, what: string): { readonly entries: number; readonly data: number } {
  const invalid = (why: string): MirrorError => new MirrorError('METADATA_INVALID', `${what} is not a valid RPM package: ${why}`);
  if (intro.length < HEADER_INTRO || intro.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) !== 0)
    throw invalid('a header does not begin where it should');
  const entries = intro.readUInt32BE(8);
  const data = intro.readUInt32BE(12);
  if (entries === 0 || entries > MAX_ENTRIES || data > MAX_DATA) throw invalid(`a header claims ${entries} entries and ${data} bytes`);
  return { entries, data };
}

/**
 * Reads a whole header structure. The first entry must be the region `regionTag` and, where `wholeRegion` is set, cover every entry and
 * byte: what is outside of it is not signed. METADATA_INVALID otherwise.
 */
export function parseHeader(
  bytes: Buffer,
  options: { readonly regionTag: number; readonly wholeRegion: boolean; readonly what: string },
): RpmHeader {
  const { what } = options;
  const invalid = (why: string): MirrorError => new MirrorError('METADATA_INVALID', `${what} is not a valid RPM package: ${why}`);
  const intro = introOf(bytes, what);
  const dataStart = HEADER_INTRO + ENTRY_SIZE * intro.entries;
  if (bytes.length !== dataStart + intro.data) throw invalid('a header is cut short');
  const data = bytes.subarray(dataStart);
  const entries = new Map<number, Entry>();
  for (let index = 0; index < intro.entries; index++) {
    const at = HEADER_INTRO + ENTRY_SIZE * index;
    const tag = bytes.readUInt32BE(at);
    const entry = { type: bytes.readUInt32BE(at + 4), offset: bytes.readInt32BE(at + 8), count: bytes.readUInt32BE(at + 12) };
    const problem = entryProblem(tag, entry, data.length);
    if (problem !== undefined) throw invalid(`the header entry ${tag} ${problem}`);
    if (entries.has(tag)) throw invalid(`the header entry ${tag} is there twice`);
    entries.set(tag, entry);
  }
  const problem = options.wholeRegion
    ? regionProblem(data, entries.get(options.regionTag), { tag: options.regionTag, count: intro.entries })
    : undefined;
  if (problem !== undefined || (options.wholeRegion && bytes.readUInt32BE(HEADER_INTRO) !== options.regionTag)) {
    throw invalid(problem ?? 'its header does not begin with its region');
  }
  return reader(data, entries, invalid);
}

function entryProblem(tag: number, entry: Entry, dataSize: number): string | undefined {
  if (tag < 100 && (tag < 61 || tag > 63)) return 'has an impossible number';
  if (entry.type > I18N_STRING) return `has the unknown type ${entry.type}`;
  if (entry.offset < 0 || entry.offset > dataSize) return 'points outside of the header';
  if (entry.count === 0 || entry.count > dataSize) return `claims ${entry.count} values`;
  const size = VALUE_SIZE[entry.type];
  if (size !== undefined && entry.offset + size * entry.count > dataSize) return 'reaches outside of the header';
  if (size !== undefined && size > 1 && entry.offset % size !== 0) return 'is not aligned';
  return undefined;
}

function regionProblem(
  data: Buffer,
  region: Entry | undefined,
  expected: { readonly tag: number; readonly count: number },
): string | undefined {
  if (region === undefined) return 'its header has no signed region';
  if (region.type !== BINARY || region.count !== ENTRY_SIZE || region.offset + ENTRY_SIZE !== data.length)
    return 'its signed region is malformed';
  const { offset } = region;
  const covered = -data.readInt32BE(offset + 8);
  const wellFormed =
    data.readUInt32BE(offset) === expected.tag && data.readUInt32BE(offset + 4) === BINARY && data.readUInt32BE(offset + 12) === ENTRY_SIZE;
  if (!wellFormed) return 'its signed region is malformed';
  return covered === ENTRY_SIZE * expected.count ? undefined : 'its signed region does not cover the whole header';
}

function reader(data: Buffer, entries: ReadonlyMap<number, Entry>, invalid: (why: string) => MirrorError): RpmHeader {
  const stringsOf = (tag: number, most: number): string[] | undefined => {
    const entry = entries.get(tag);
    if (entry === undefined || (entry.type !== STRING && entry.type !== STRING_ARRAY && entry.type !== I18N_STRING)) return undefined;
    const values: string[] = [];
    let at = entry.offset;
    for (let index = 0; index < (entry.type === STRING ? 1 : Math.min(entry.count, most)); index++) {
      const end = data.indexOf(0, at);
      if (end === -1) throw invalid(`the header entry ${tag} is not ended`);
      values.push(data.toString('utf8', at, end));
      at = end + 1;
    }
    return values;
  };
  return {
    string: (tag) => stringsOf(tag, 1)?.[0],
    strings: (tag) => {
      const values = stringsOf(tag, MAX_STRINGS + 1);
      if (values !== undefined && values.length > MAX_STRINGS) throw invalid(`the header entry ${tag} has more than ${MAX_STRINGS} values`);
      return values;
    },
    number: (tag) => {
      const entry = entries.get(tag);
      switch (entry?.type) {
        case 3:
          return data.readUInt16BE(entry.offset);
        case 4:
          return data.readUInt32BE(entry.offset);
        case 5:
          return Number(data.readBigUInt64BE(entry.offset));
        default:
          return undefined;
      }
    },
    binary: (tag) => {
      const entry = entries.get(tag);
      return entry?.type === BINARY ? data.subarray(entry.offset, entry.offset + entry.count) : undefined;
    },
    has: (tag) => entries.has(tag),
  };
}
