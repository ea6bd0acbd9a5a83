import { MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;
const HASH = 0x23;
const COLON = 0x3a;

/** How much of a stream is gathered before it is cut into stanzas, in bytes. Stanzas of one block share its memory. */
const BLOCK = 1024 * 1024;

/** One paragraph of a control file. Only its bytes are kept; fields are looked up when they are asked for. */
export class Stanza {
  /** Exactly as in the file, from the first field's name to the end of the last line, without its line break. */
  readonly bytes: Buffer;
  /** Where it begins in its file, counted from 1. */
  readonly line: number;

  constructor(bytes: Buffer, line: number) {
    this.bytes = bytes;
    this.line = line;
  }

  /**
   * The value of a field, whatever its case, as UTF-8 text without surrounding blanks; undefined when the stanza lacks it. Continuation
   * lines follow after line breaks with their leading blank kept. Of a repeated field the first counts.
   */
  get(field: string): string | undefined {
    return fieldOf(this.bytes, field);
  }

  /** Every field in the order of the file, repeated ones too. */
  *fields(): Generator<readonly [name: string, value: string]> {
    for (const range of fieldRanges(this.bytes)) {
      yield [this.bytes.toString('latin1', range.start, range.colon), valueText(this.bytes, range)];
    }
  }
}

export interface StanzaOptions {
  /** Whether lines that begin with `#` are comments, as in .sources files. They are malformed elsewhere. */
  readonly comments?: boolean;
}

/**
 * Cuts a control file (deb822(5)) into its stanzas. As in apt, only an empty line ends one: a line of blanks continues it.
 * @param what names the document in errors: METADATA_INVALID with the line number for a line that is neither a field, a continuation
 *   nor a comment, and for a stanza over LIMITS.record bytes.
 */
export function* parseStanzas(bytes: Buffer, what: string, options: StanzaOptions = {}): Generator<Stanza> {
  const splitter = new Splitter(what, options.comments === true);
  yield* splitter.split(bytes, true);
}

/** As `parseStanzas`, for a stream of any size: gives the stanzas in batches of about 1 MiB. */
export async function* readStanzas(
  source: AsyncIterable<Uint8Array>,
  what: string,
  options: StanzaOptions = {},
): AsyncGenerator<readonly Stanza[]> {
  const splitter = new Splitter(what, options.comments === true);
  let gathered: Uint8Array[] = [];
  let size = 0;
  let wanted = BLOCK;
  for await (const chunk of source) {
    gathered.push(chunk);
    size += chunk.length;
    if (size < wanted) continue;
    const block = Buffer.concat(gathered, size);
    yield [...splitter.split(block, false)];
    const rest = Buffer.from(block.subarray(splitter.consumed));
    gathered = [rest];
    size = rest.length;
    wanted = BLOCK + 2 * size;
  }
  yield [...splitter.split(Buffer.concat(gathered, size), true)];
}

/** A line of a field in a stanza: offsets of its name, of the colon, and of the end of its last continuation line. */
interface FieldRange {
  readonly start: number;
  readonly colon: number;
  readonly end: number;
}

/** Where the value of a field is in the bytes of a stanza; see `Stanza.get`. */
export function fieldOf(stanza: Buffer, field: string): string | undefined {
  const range = findField(stanza, field);
  return range === undefined ? undefined : valueText(stanza, range);
}

/** The field's offsets in the bytes of a stanza: from its name to the end of its last line, without the line break. */
export function findField(stanza: Buffer, field: string): FieldRange | undefined {
  let start = 0;
  while (start < stanza.length) {
    const lineEnd = endOfLine(stanza, start);
    if (stanza[start + field.length] === COLON && sameName(stanza, start, field)) {
      return { start, colon: start + field.length, end: endOfField(stanza, lineEnd) };
    }
    start = lineEnd + 1;
  }
  return undefined;
}

/**
 * The values of several fields in one pass over the bytes of a stanza, in the order asked for.
 * @param repeated makes the error that is thrown when one of these fields is there twice.
 */
export function pickFields(stanza: Buffer, fields: readonly string[], repeated: (field: string) => Error): (string | undefined)[] {
  const values: (string | undefined)[] = new Array(fields.length).fill(undefined);
  let start = 0;
  while (start < stanza.length) {
    const lineEnd = endOfLine(stanza, start);
    for (let index = 0; index < fields.length; index += 1) {
      const field = fields[index] ?? '';
      const colon = start + field.length;
      if (stanza[colon] !== COLON || !sameName(stanza, start, field)) continue;
      if (values[index] !== undefined) throw repeated(field);
      values[index] = valueText(stanza, { start, colon, end: endOfField(stanza, lineEnd) });
    }
    start = lineEnd + 1;
  }
  return values;
}

function* fieldRanges(stanza: Buffer): Generator<FieldRange> {
  let start = 0;
  while (start < stanza.length) {
    const end = endOfField(stanza, endOfLine(stanza, start));
    if (stanza[start] !== HASH && !isBlank(stanza[start])) yield { start, colon: stanza.indexOf(COLON, start), end };
    start = end + 1;
  }
}

function valueText(stanza: Buffer, range: FieldRange): string {
  let start = range.colon + 1;
  while (isBlank(stanza[start])) start += 1;
  let end = range.end;
  while (end > start && isBlankOrReturn(stanza[end - 1])) end -= 1;
  const text = stanza.toString('utf8', start, end);
  if (!text.includes('\n')) return text;
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
}

function endOfLine(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(NEWLINE, from);
  return end === -1 ? bytes.length : end;
}

/** The end of the last continuation line (or comment between such) after a line that ends at `lineEnd`. */
function endOfField(bytes: Buffer, lineEnd: number): number {
  let end = lineEnd;
  while (isBlank(bytes[end + 1]) || bytes[end + 1] === HASH) end = endOfLine(bytes, end + 1);
  return end;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

function isBlankOrReturn(byte: number | undefined): boolean {
  return isBlank(byte) || byte === RETURN;
}

/** Whether the name at the offset is the ASCII name given, in any case. */
function sameName(bytes: Buffer, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index += 1) {
    if (lowerCase(bytes[start + index] ?? 0) !== lowerCase(name.charCodeAt(index))) return false;
  }
  return true;
}

function lowerCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

/** Cuts blocks into stanzas and checks each line's form, keeping count of lines over all blocks. */
class Splitter {
  /** How many bytes of the last block were cut; the rest is the beginning of a stanza that is not complete. */
  consumed = 0;
  readonly #what: string;
  readonly #comments: boolean;
  #line = 1;

  constructor(what: string, comments: boolean) {
    this.#what = what;
    this.#comments = comments;
  }

  *split(block: Buffer, last: boolean): Generator<Stanza> {
    this.consumed = 0;
    while (this.consumed < block.length) {
      const begin = { offset: this.consumed, line: this.#line };
      const stanza = this.#next(block, last);
      if (stanza === 'incomplete') {
        this.consumed = begin.offset;
        this.#line = begin.line;
        return;
      }
      if (stanza !== undefined) yield stanza;
    }
  }

  /** The stanza at `consumed`, nothing when there are only empty lines or comments, or that more bytes are needed. */
  #next(block: Buffer, last: boolean): Stanza | undefined | 'incomplete' {
    let first = -1;
    let firstLine = 0;
    let end = 0;
    let at = this.consumed;
    while (at < block.length) {
      const newline = block.indexOf(NEWLINE, at);
      if (newline === -1 && !last) return this.#incomplete(block);
      const lineEnd = newline === -1 ? block.length : newline;
      if (lineEnd === at || (lineEnd === at + 1 && block[at] === RETURN)) {
        at = lineEnd + 1;
        this.#line += 1;
        if (first !== -1) return this.#finish(block.subarray(first, end), firstLine, at);
        continue;
      }
      if (this.#isField(block, at, lineEnd, first !== -1) && first === -1) {
        first = at;
        firstLine = this.#line;
      }
      end = block[lineEnd - 1] === RETURN ? lineEnd - 1 : lineEnd;
      at = lineEnd + 1;
      this.#line += 1;
    }
    if (first !== -1) return last ? this.#finish(block.subarray(first, end), firstLine, block.length) : this.#incomplete(block);
    this.consumed = block.length;
    return undefined;
  }

  #finish(bytes: Buffer, line: number, consumed: number): Stanza {
    if (bytes.length > LIMITS.record) throw this.#tooLarge(line);
    this.consumed = consumed;
    return new Stanza(bytes, line);
  }

  #incomplete(block: Buffer): 'incomplete' {
    if (block.length - this.consumed > LIMITS.record) throw this.#tooLarge(this.#line);
    return 'incomplete';
  }

  /** Whether the line begins a field; throws when it is not a well-formed line of any kind. */
  #isField(block: Buffer, at: number, lineEnd: number, inStanza: boolean): boolean {
    const byte = block[at];
    if (byte === SPACE || byte === TAB) {
      if (inStanza || block.subarray(at, lineEnd).every(isBlankOrReturn)) return false;
      throw this.#malformed('continues a field, but there is none before it');
    }
    if (byte === HASH && this.#comments) return false;
    for (let index = at; index < lineEnd; index += 1) {
      const other = block[index] ?? 0;
      if (other === COLON && index > at) return true;
      if (other <= SPACE || other > 0x7e || other === COLON) break;
    }
    throw this.#malformed('is not of the form "Name: value"');
  }

  #malformed(why: string): MirrorError {
    return new MirrorError('METADATA_INVALID', `${this.#what}, line ${this.#line} ${why}`, { details: { line: this.#line } });
  }

  #tooLarge(line: number): MirrorError {
    return new MirrorError('METADATA_INVALID', `${this.#what}: the stanza near line ${line} is over ${LIMITS.record} bytes long`, {
      details: { line },
    });
  }
}
