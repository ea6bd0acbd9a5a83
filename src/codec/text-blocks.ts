/** Bytes. No block but the last is shorter than `least`, none is longer than `most`. */
const DEFAULT_SIZES = { least: 512 * 1024, most: 1536 * 1024 } as const;
/** How much of a record decides whether a block ends before it: bytes of its beginning. */
const LONGEST_KEY = 256;
const NEWLINE = 0x0a;

export interface RecordShape {
  /** What stands between two records: an empty line (`\n\n`) between stanzas, `\n` between lines, `</package>\n` between packages of XML. */
  readonly separator: string;
  /** Where the first lines of all records may be the same: false lets the lines after it decide, too. */
  readonly toldByFirstLine?: boolean | undefined;
}

export interface TextBlockOptions extends RecordShape {
  readonly sizes?: { readonly least: number; readonly most: number };
}

/**
 * Cuts a text into blocks that end between records. Where they end depends on the records there and not on how long what stands before is, so that
 * two texts that differ in a few records have most of their blocks in common. Equal texts give equal blocks, in whatever pieces they arrive.
 * Of the records that may begin a block, the one whose first line (or first bytes) has the smallest hash does. A record that is longer than a block may be
 * is cut anywhere. No text has no blocks. What is yielded is
 * the caller's; pieces of the text are copied before the next is asked for.
 */
export async function* textBlocks(
  text: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { separator, toldByFirstLine = true, sizes = DEFAULT_SIZES }: TextBlockOptions,
): AsyncGenerator<Buffer> {
  const mark = { separator: Buffer.from(separator), end: toldByFirstLine ? NEWLINE : -1 };
  const enough = sizes.most + LONGEST_KEY;
  const held = Buffer.allocUnsafeSlow(2 * enough);
  let length = 0;
  const take = (end: number): Buffer => {
    const block = Buffer.allocUnsafeSlow(end);
    held.copy(block, 0, 0, end);
    held.copyWithin(0, end, length);
    length -= end;
    return block;
  };
  for await (const chunk of text) {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + held.length - length);
      held.set(piece, length);
      length += piece.length;
      at += piece.length;
      while (length >= enough) yield take(endOfBlock(held.subarray(0, length), mark, sizes));
    }
  }
  while (length > 0) yield take(endOfBlock(held.subarray(0, length), mark, sizes));
}

/** How records begin. */
interface Mark {
  readonly separator: Buffer;
  /** The byte before which what decides ends; -1 when it ends before none. */
  readonly end: number;
}

function endOfBlock(text: Buffer, { separator, end }: Mark, { least, most }: { readonly least: number; readonly most: number }): number {
  let best = Math.min(text.length, most);
  if (text.length <= least) return best;
  let smallest = Number.POSITIVE_INFINITY;
  for (let found = text.indexOf(separator, least - separator.length); found !== -1; found = text.indexOf(separator, found + 1)) {
    const start = found + separator.length;
    if (start > most || start >= text.length) break;
    const value = hashOfStart(text, start, end);
    if (value < smallest) {
      smallest = value;
      best = start;
    }
  }
  return best;
}

/** FNV-1a with its bits mixed, over the first bytes of a record. */
function hashOfStart(text: Buffer, start: number, ending: number): number {
  const end = Math.min(text.length, start + LONGEST_KEY);
  let value = 0x811c9dc5;
  for (let at = start; at < end; at += 1) {
    const byte = text[at] ?? ending;
    if (byte === ending) break;
    value = Math.imul(value ^ byte, 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
