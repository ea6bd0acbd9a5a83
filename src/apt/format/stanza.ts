const NEWLINE = 0x0a;
const RETURN = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;
const HASH = 0x23;
const COLON = 0x3a;

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

/** Whether the value of a field is `yes`, in any case. */
export function saysYes(stanza: Buffer, field: string): boolean {
  return fieldOf(stanza, field)?.toLowerCase() === 'yes';
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
 * @param unclear makes the error that is thrown when one of these fields is there twice or goes on on another line: not every reader takes
 *   the same value of it then, apt among them.
 */
export function pickFields(stanza: Buffer, fields: readonly string[], unclear: (field: string) => Error): (string | undefined)[] {
  const values: (string | undefined)[] = new Array(fields.length).fill(undefined);
  let start = 0;
  while (start < stanza.length) {
    const lineEnd = endOfLine(stanza, start);
    for (let index = 0; index < fields.length; index += 1) {
      const field = fields[index] ?? '';
      const colon = start + field.length;
      if (stanza[colon] !== COLON || !sameName(stanza, start, field)) continue;
      const end = endOfField(stanza, lineEnd);
      if (values[index] !== undefined || end !== lineEnd) throw unclear(field);
      values[index] = valueText(stanza, { start, colon, end });
    }
    start = lineEnd + 1;
  }
  return values;
}

/** Fields to be found in one pass over a stanza; see `fieldTable`. */
export interface FieldTable {
  readonly fields: readonly string[];
  /** By the first byte of a line, either case: the fields whose names begin with it, as places in `fields`. */
  readonly byFirstByte: readonly (readonly number[] | undefined)[];
}

/** What is said of a field in one pass: begin and end of its value without surrounding blanks, of the first if it is there several times. */
export interface FoundField {
  start: number;
  end: number;
  /** How often it is there: 0, 1, and 2 for more. */
  count: number;
  /** Whether the first goes on on another line. */
  folded: boolean;
}

/** Prepares a search for several fields in many stanzas. */
export function fieldTable(fields: readonly string[]): FieldTable {
  const byFirstByte: number[][] = [];
  for (const [place, field] of fields.entries()) {
    const first = lowerCase(field.charCodeAt(0));
    for (const byte of new Set([first, field.toUpperCase().charCodeAt(0)])) {
      const known = byFirstByte[byte];
      if (known === undefined) byFirstByte[byte] = [place];
      else known.push(place);
    }
  }
  return { fields, byFirstByte };
}

/** Finds the fields of a table in one pass over the bytes of a stanza. `found` has a place for each and is overwritten. */
export function findFields(stanza: Buffer, { fields, byFirstByte }: FieldTable, found: readonly FoundField[]): void {
  for (const one of found) {
    one.count = 0;
    one.folded = false;
  }
  let start = 0;
  while (start < stanza.length) {
    const places = byFirstByte[stanza[start] ?? 0];
    const lineEnd = endOfLine(stanza, start);
    if (places !== undefined) {
      for (const place of places) {
        const field = fields[place] ?? '';
        const one = found[place];
        if (one === undefined || stanza[start + field.length] !== COLON || !sameName(stanza, start, field)) continue;
        one.count = Math.min(2, one.count + 1);
        if (one.count === 1) setValue(stanza, { start, colon: start + field.length, end: endOfField(stanza, lineEnd) }, one, lineEnd);
        break;
      }
    }
    start = lineEnd + 1;
  }
}

function setValue(stanza: Buffer, range: FieldRange, found: FoundField, lineEnd: number): void {
  let start = range.colon + 1;
  while (start < range.end && isBlank(stanza[start])) start += 1;
  let end = range.end;
  while (end > start && isBlankOrReturn(stanza[end - 1])) end -= 1;
  found.start = start;
  found.end = end;
  found.folded = range.end !== lineEnd;
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

/** Whether it is a space or a tab. */
export function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

/** Whether it is a space, a tab or a carriage return. */
export function isBlankOrReturn(byte: number | undefined): boolean {
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
