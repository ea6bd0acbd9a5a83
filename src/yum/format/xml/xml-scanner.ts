import { MirrorError } from '../../../core/errors.ts';
import * as X from './xml-bytes.ts';
import { isXmlCharacter } from './xml-text.ts';

/** What `next` found. */
export const END_OF_INPUT = 0;
export const START_TAG = 1;
export const END_TAG = 2;
export const TEXT = 3;
export type Token = typeof END_OF_INPUT | typeof START_TAG | typeof END_TAG | typeof TEXT;

const MAX_DEPTH = 32;
const MAX_ATTRIBUTES = 64;
const MAX_NAME = 256;
const RPM_PREFIX = Buffer.from('rpm');
const XML_PREFIX = Buffer.from('xml');

/** A prefix that the fragment would take from outside, or a declaration of one. */
type Prefix = 'none' | 'rpm' | 'xml' | 'other';

/**
 * Reads the XML of yum metadata from a byte range, token by token, and holds it to XML 1.0: tags balance, attributes are quoted and
 * occur once, references are to characters that XML has. It knows no comments, processing instructions, CDATA sections and
 * document types: METADATA_INVALID, like everything else that is wrong. White space between tags is passed over.
 *
 * One scanner reads many ranges, because a repository has a million tags. The bytes must be valid UTF-8, which is not checked here.
 */
export class XmlScanner {
  /** Of the tag just read, in bytes of the input. */
  nameStart = 0;
  nameEnd = 0;
  /** Whether the start tag is an empty element: no end tag follows. */
  empty = false;
  /** Of the character data just read. */
  textStart = 0;
  textEnd = 0;
  attributeCount = 0;
  /** Elements that are open after the token. */
  depth = 0;
  /** Whether a name had a prefix other than `rpm` and `xml`, or a namespace was declared, since `reset`. */
  foreign = false;
  bytes: Buffer = Buffer.alloc(0);
  position = 0;
  private end = 0;
  private what = '';
  /** Name and value of each attribute: four positions each. */
  private readonly attributes = new Int32Array(4 * MAX_ATTRIBUTES);
  private readonly open = new Int32Array(2 * MAX_DEPTH);

  /** @param what names the document in errors. */
  reset(bytes: Buffer, start: number, end: number, what: string): void {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.what = what;
    this.depth = 0;
    this.foreign = false;
  }

  next(): Token {
    const { bytes, end } = this;
    let at = this.position;
    while (at < end && (X.BYTE_CLASS[bytes[at] as number] as number) & X.SPACE) at++;
    if (at < end && bytes[at] !== X.LESS) return this.text(at);
    if (at >= end) {
      this.position = at;
      if (this.depth > 0) throw this.malformed('it ends inside an element');
      return END_OF_INPUT;
    }
    const after = bytes[at + 1];
    if (after === X.SLASH) return this.endTag(at + 2);
    if (after === X.BANG || after === X.QUESTION) {
      this.position = at;
      throw this.malformed('a comment, processing instruction, CDATA section or document type where none is allowed');
    }
    return this.startTag(at + 1);
  }

  /** Whether the name of the tag, without prefix, is this one. */
  isNamed(name: Buffer): boolean {
    return this.same(this.localStart(), this.nameEnd, name);
  }

  /** Whether the name of the tag, which then has no prefix, is this one. */
  isWhole(name: Buffer): boolean {
    return this.same(this.nameStart, this.nameEnd, name);
  }

  /** The name of the tag without its prefix. */
  localName(): string {
    return this.bytes.toString('latin1', this.localStart(), this.nameEnd);
  }

  /** The index of the attribute whose whole name is this one; -1 when there is none. */
  attribute(name: Buffer): number {
    for (let index = 0; index < this.attributeCount; index++) {
      if (this.same(this.attributes[4 * index] as number, this.attributes[4 * index + 1] as number, name)) return index;
    }
    return -1;
  }

  attributeName(index: number): string {
    return this.bytes.toString('latin1', this.attributes[4 * index], this.attributes[4 * index + 1]);
  }

  valueStart(index: number): number {
    return this.attributes[4 * index + 2] as number;
  }

  valueEnd(index: number): number {
    return this.attributes[4 * index + 3] as number;
  }

  malformed(why: string): MirrorError {
    return new MirrorError('METADATA_INVALID', `${this.what} is malformed at byte ${this.position} of an element: ${why}`);
  }

  private localStart(): number {
    for (let at = this.nameStart; at < this.nameEnd; at++) {
      if (this.bytes[at] === X.COLON) return at + 1;
    }
    return this.nameStart;
  }

  private same(start: number, end: number, name: Buffer): boolean {
    if (end - start !== name.length) return false;
    for (let offset = 0; offset < name.length; offset++) {
      if (this.bytes[start + offset] !== name[offset]) return false;
    }
    return true;
  }

  private sameRange(start: number, end: number, other: number, otherEnd: number): boolean {
    if (end - start !== otherEnd - other) return false;
    for (let offset = 0; offset < end - start; offset++) {
      if (this.bytes[start + offset] !== this.bytes[other + offset]) return false;
    }
    return true;
  }

  private text(start: number): Token {
    const { bytes, end } = this;
    if (this.depth === 0) {
      this.position = start;
      throw this.malformed('text outside of any element');
    }
    let at = start;
    for (;;) {
      while (at < end && (X.BYTE_CLASS[bytes[at] as number] as number) & X.PLAIN_TEXT) at++;
      if (at >= end || bytes[at] === X.LESS) break;
      this.position = at;
      if (bytes[at] === X.AMPERSAND) at = this.reference(at);
      else if (bytes[at] === X.CLOSING_BRACKET) at++;
      else if (bytes[at] === X.GREATER) {
        if (at - start >= 2 && bytes[at - 1] === X.CLOSING_BRACKET && bytes[at - 2] === X.CLOSING_BRACKET)
          throw this.malformed('"]]>" in text');
        at++;
      } else throw this.malformed('a control character in text');
    }
    this.textStart = start;
    this.textEnd = at;
    this.position = at;
    return TEXT;
  }

  private startTag(start: number): Token {
    const { bytes, end } = this;
    let at = this.name(start);
    this.nameStart = start;
    this.nameEnd = at;
    if (this.prefix(start, at) === 'other') this.foreign = true;
    this.attributeCount = 0;
    for (;;) {
      const before = at;
      while (at < end && (X.BYTE_CLASS[bytes[at] as number] as number) & X.SPACE) at++;
      this.position = at;
      if (bytes[at] === X.GREATER && at < end) {
        this.empty = false;
        this.push();
        this.position = at + 1;
        return START_TAG;
      }
      if (bytes[at] === X.SLASH && at + 1 < end && bytes[at + 1] === X.GREATER) {
        this.empty = true;
        this.position = at + 2;
        return START_TAG;
      }
      if (at === before) throw this.malformed('a tag that is not ended, or attributes without a space between them');
      at = this.readAttribute(at);
    }
  }

  private push(): void {
    if (this.depth === MAX_DEPTH) throw this.malformed(`elements nested more than ${MAX_DEPTH} deep`);
    this.open[2 * this.depth] = this.nameStart;
    this.open[2 * this.depth + 1] = this.nameEnd;
    this.depth++;
  }

  private endTag(start: number): Token {
    const { bytes, end } = this;
    let at = this.name(start);
    this.nameStart = start;
    this.nameEnd = at;
    while (at < end && (X.BYTE_CLASS[bytes[at] as number] as number) & X.SPACE) at++;
    this.position = at;
    if (at >= end || bytes[at] !== X.GREATER) throw this.malformed('an end tag that is not ended');
    this.depth--;
    const opened = this.open[2 * this.depth] as number;
    if (this.depth < 0 || !this.sameRange(start, this.nameEnd, opened, this.open[2 * this.depth + 1] as number)) {
      throw this.malformed('an end tag without its start tag');
    }
    this.position = at + 1;
    return END_TAG;
  }

  private readAttribute(start: number): number {
    const { bytes, end } = this;
    const nameEnd = this.name(start);
    const prefix = this.prefix(start, nameEnd);
    if (prefix === 'other' || (prefix === 'none' && isDeclaration(bytes, start, nameEnd))) this.foreign = true;
    for (let index = 0; index < this.attributeCount; index++) {
      const other = this.attributes[4 * index] as number;
      if (this.same(start, nameEnd, bytes.subarray(other, this.attributes[4 * index + 1])))
        throw this.malformed('an attribute given twice');
    }
    let at = nameEnd;
    while (at < end && (X.BYTE_CLASS[bytes[at] as number] as number) & X.SPACE) at++;
    if (bytes[at] !== X.EQUALS) throw this.malformed('an attribute without a value');
    at++;
    while (at < end && (X.BYTE_CLASS[bytes[at] as number] as number) & X.SPACE) at++;
    const valueEnd = this.value(at);
    if (this.attributeCount === MAX_ATTRIBUTES) throw this.malformed(`more than ${MAX_ATTRIBUTES} attributes`);
    const { attributes } = this;
    const slot = 4 * this.attributeCount;
    attributes[slot] = start;
    attributes[slot + 1] = nameEnd;
    attributes[slot + 2] = at + 1;
    attributes[slot + 3] = valueEnd;
    this.attributeCount++;
    return valueEnd + 1;
  }

  /** From the opening quote; gives where the closing one is. */
  private value(start: number): number {
    const { bytes, end } = this;
    const quote = bytes[start];
    if (start >= end || (quote !== X.QUOTE && quote !== X.APOSTROPHE)) throw this.malformed('a value without quotes');
    let at = start + 1;
    for (;;) {
      while (at < end && (X.BYTE_CLASS[bytes[at] as number] as number) & X.PLAIN_TEXT && bytes[at] !== quote) at++;
      this.position = at;
      if (at >= end) throw this.malformed('a value that is not ended');
      if (bytes[at] === quote) return at;
      if (bytes[at] === X.AMPERSAND) at = this.reference(at);
      else if (bytes[at] === X.GREATER || bytes[at] === X.CLOSING_BRACKET) at++;
      else throw this.malformed('"<" or a control character in a value');
    }
  }

  /** From the first byte of a name; gives where it ends. */
  private name(start: number): number {
    const { bytes, end } = this;
    this.position = start;
    if (start >= end || !((X.BYTE_CLASS[bytes[start] as number] as number) & X.NAME_START)) throw this.malformed('a name was expected');
    let at = start + 1;
    let colon = 0;
    while (at < end && (X.BYTE_CLASS[bytes[at] as number] as number) & X.NAME) {
      if (bytes[at] === X.COLON) {
        if (colon > 0 || !((X.BYTE_CLASS[bytes[at + 1] as number] as number) & X.NAME_START)) throw this.malformed('a malformed prefix');
        colon = at;
      }
      at++;
    }
    if (at - start > MAX_NAME) throw this.malformed(`a name over ${MAX_NAME} bytes long`);
    return at;
  }

  private prefix(start: number, end: number): Prefix {
    for (let at = start; at < end; at++) {
      if (this.bytes[at] !== X.COLON) continue;
      if (this.same(start, at, RPM_PREFIX)) return 'rpm';
      return this.same(start, at, XML_PREFIX) ? 'xml' : 'other';
    }
    return 'none';
  }

  /** From the `&`; gives where the reference ends. */
  private reference(start: number): number {
    const { bytes } = this;
    const limit = Math.min(this.end, start + 12);
    let at = start + 1;
    while (at < limit && bytes[at] !== X.SEMICOLON) at++;
    if (at >= limit) throw this.malformed('"&" that begins no reference');
    const body = bytes.toString('latin1', start + 1, at);
    if (/^(?:amp|lt|gt|quot|apos)$/.test(body)) return at + 1;
    const [, hex, decimal] = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(body) ?? [];
    const codePoint = hex === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hex, 16);
    if (!isXmlCharacter(codePoint)) throw this.malformed('a reference to an entity or character that is not allowed');
    return at + 1;
  }
}

function isDeclaration(bytes: Buffer, start: number, end: number): boolean {
  return end - start === 5 && bytes.toString('latin1', start, end) === 'xmlns';
}
