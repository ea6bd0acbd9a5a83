/** The value of an entry of a header: a text, several, translations, or numbers of a size. Texts are written one byte for each character. */
export type MadeValue =
  | string
  | readonly string[]
  | { readonly translations: readonly string[] }
  | { readonly int16: readonly number[] }
  | { readonly int32: readonly number[] }
  | { readonly int64: readonly number[] };

export interface MadeRpm {
  /** Of the main header, by tag. */
  readonly entries: Readonly<Record<number, MadeValue>>;
  /** Of the signature header, by tag. */
  readonly signature?: Readonly<Record<number, MadeValue>>;
  /** Format v3 has no regions. */
  readonly withoutRegions?: boolean;
  readonly payload?: string;
}

const SIGNATURE_REGION = 62;
const IMMUTABLE_REGION = 63;

/** The bytes of an RPM package with just these headers, and digests of nothing. */
export function makeRpm({ entries, signature = { 1000: { int32: [0] } }, withoutRegions = false, payload = '' }: MadeRpm): Buffer {
  const lead = Buffer.alloc(96);
  Buffer.from([0xed, 0xab, 0xee, 0xdb, 3, 0]).copy(lead);
  lead.writeUInt16BE(1, 8);
  lead.writeUInt16BE(1, 76);
  lead.writeUInt16BE(5, 78);
  const first = makeHeader(signature, withoutRegions ? undefined : SIGNATURE_REGION);
  const padding = Buffer.alloc((8 - (first.length % 8)) % 8);
  return Buffer.concat([lead, first, padding, makeHeader(entries, withoutRegions ? undefined : IMMUTABLE_REGION), Buffer.from(payload)]);
}

/** One header structure; its entries are in the order of their tags. */
export function makeHeader(entries: Readonly<Record<number, MadeValue>>, region: number | undefined): Buffer {
  const index: Buffer[] = [];
  const data: Buffer[] = [];
  let size = 0;
  const add = (bytes: Buffer, alignment: number): number => {
    const padding = (alignment - (size % alignment)) % alignment;
    data.push(Buffer.alloc(padding), bytes);
    const offset = size + padding;
    size = offset + bytes.length;
    return offset;
  };
  for (const [tag, value] of Object.entries(entries)) {
    const { type, count, bytes, alignment } = encoded(value);
    index.push(words([Number(tag), type, add(bytes, alignment), count]));
  }
  if (region !== undefined) {
    const trailer = words([region, 7, -16 * (index.length + 1), 16]);
    index.unshift(words([region, 7, add(trailer, 1), 16]));
  }
  const intro = Buffer.concat([Buffer.from([0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0]), words([index.length, size])]);
  return Buffer.concat([intro, ...index, ...data]);
}

interface Encoded {
  readonly type: number;
  readonly count: number;
  readonly bytes: Buffer;
  readonly alignment: number;
}

function encoded(value: MadeValue): Encoded {
  if (typeof value === 'string') return { type: 6, count: 1, bytes: ended([value]), alignment: 1 };
  if ('translations' in value) return { type: 9, count: value.translations.length, bytes: ended(value.translations), alignment: 1 };
  if ('int16' in value) {
    const bytes = Buffer.alloc(2 * value.int16.length);
    for (const [at, entry] of value.int16.entries()) bytes.writeUInt16BE(entry, 2 * at);
    return { type: 3, count: value.int16.length, bytes, alignment: 2 };
  }
  if ('int32' in value) return { type: 4, count: value.int32.length, bytes: words(value.int32), alignment: 4 };
  if ('int64' in value) {
    const bytes = Buffer.alloc(8 * value.int64.length);
    for (const [at, entry] of value.int64.entries()) bytes.writeBigUInt64BE(BigInt(entry), 8 * at);
    return { type: 5, count: value.int64.length, bytes, alignment: 8 };
  }
  return { type: 8, count: value.length, bytes: ended(value), alignment: 1 };
}

function ended(texts: readonly string[]): Buffer {
  return Buffer.from(texts.map((text) => `${text}\0`).join(''), 'latin1');
}

function words(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * at);
  return bytes;
}
