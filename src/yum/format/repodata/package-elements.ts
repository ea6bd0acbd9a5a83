import { MirrorError } from '../../../core/errors.ts';
import { LIMITS } from '../../../core/limits.ts';
import * as X from '../xml/xml-bytes.ts';
import { END_TAG, START_TAG, XmlScanner } from '../xml/xml-scanner.ts';
import { type Namespaces, namespacesOf } from './namespaces.ts';
import type { DocumentRoot } from './package-documents.ts';

/** One `<package>` of a document as it stands there: cut out, but not checked. */
export interface RawElement {
  /** From `<package` to the end of `</package>`. A view that stays valid, of a larger buffer: copy what is to be kept. */
  readonly bytes: Buffer;
  readonly namespaces: Namespaces;
}

const MAX_PROLOG = 64 * 1024;
const BATCH = 256 * 1024;
const COMMENT = Buffer.from('<!--');
const COMMENT_END = Buffer.from('-->');
const INSTRUCTION_END = Buffer.from('?>');
const PACKAGE = Buffer.from('package');

/**
 * The `<package>` elements of primary, filelists or other, cut out of the stream one by one; other elements, comments and processing
 * instructions between them are passed over. METADATA_INVALID when the document has another root element, is not in UTF-8, has a
 * document type, ends early, goes on after its end, or has a package over LIMITS.record bytes.
 * @param what names the document in errors.
 */
export async function* packageElements(
  source: AsyncIterable<Uint8Array>,
  root: DocumentRoot,
  what: string,
): AsyncGenerator<RawElement, void, undefined> {
  const cutter = new Cutter(root, what);
  let waiting: Uint8Array[] = [];
  let size = 0;
  let enough = BATCH;
  for await (const chunk of source) {
    waiting.push(chunk);
    size += chunk.length;
    if (size < enough) continue;
    const rest = cutter.cut(Buffer.concat(waiting, size), false);
    yield* cutter.take();
    waiting = [rest];
    size = rest.length;
    enough = Math.max(BATCH, 2 * size);
  }
  cutter.cut(Buffer.concat(waiting, size), true);
  yield* cutter.take();
}

/** Where the cutter is in the document. */
type Place = 'prolog' | 'content' | 'epilog';

class Cutter {
  private place: Place = 'prolog';
  private rootName = '';
  private namespaces: Namespaces | undefined;
  private found: RawElement[] = [];
  private at = 0;
  private readonly root: DocumentRoot;
  private readonly what: string;
  private readonly scanner = new XmlScanner();

  constructor(root: DocumentRoot, what: string) {
    this.root = root;
    this.what = what;
  }

  take(): RawElement[] {
    const { found } = this;
    this.found = [];
    return found;
  }

  /** Cuts what is whole, and gives the rest, which belongs before the next piece. */
  cut(bytes: Buffer, last: boolean): Buffer {
    this.at = this.place === 'prolog' && bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    let done = this.at;
    while (this.step(bytes, last)) done = this.at;
    if (last && (this.place !== 'epilog' || done < bytes.length)) throw this.invalid('it ends early');
    const rest = bytes.subarray(done);
    if (rest.length > (this.place === 'prolog' ? MAX_PROLOG : LIMITS.record)) {
      throw this.invalid(this.place === 'prolog' ? 'its root element does not begin' : `an element is over ${LIMITS.record} bytes long`);
    }
    return rest;
  }

  private invalid(why: string): MirrorError {
    return new MirrorError('METADATA_INVALID', `${this.what} is not a valid ${this.root} document: ${why}`);
  }

  /** Takes one thing; false when the bytes do not hold a whole one. */
  private step(bytes: Buffer, last: boolean): boolean {
    const start = this.at;
    while (this.at < bytes.length && (X.BYTE_CLASS[bytes[this.at] as number] as number) & X.SPACE) this.at++;
    if (this.at > start) return true;
    if (this.at >= bytes.length) return false;
    if (bytes[this.at] !== X.LESS) throw this.invalid('text where none is allowed');
    if (bytes.length - this.at < COMMENT.length && !last) return false;
    if (bytes[this.at + 1] === X.QUESTION) return this.instruction(bytes);
    if (bytes[this.at + 1] === X.BANG) return this.comment(bytes);
    switch (this.place) {
      case 'prolog':
        return this.rootTag(bytes);
      case 'content':
        return bytes[this.at + 1] === X.SLASH ? this.rootEnd(bytes) : this.element(bytes);
      case 'epilog':
        throw this.invalid('something follows its root element');
    }
  }

  private comment(bytes: Buffer): boolean {
    if (bytes.compare(COMMENT, 0, COMMENT.length, this.at, this.at + COMMENT.length) !== 0) {
      throw this.invalid('it has a document type or another declaration, which is refused');
    }
    return this.past(bytes, COMMENT_END, this.at + COMMENT.length);
  }

  private instruction(bytes: Buffer): boolean {
    const start = this.at;
    if (!this.past(bytes, INSTRUCTION_END, start + 2)) return false;
    const text = bytes.toString('latin1', start, this.at);
    const encoding = /^<\?xml\s.*?\bencoding\s*=\s*["']([^"']*)["']/s.exec(text)?.[1];
    if (encoding !== undefined && !/^(?:utf-?8|us-ascii|ascii)$/i.test(encoding))
      throw this.invalid(`its encoding is ${encoding.slice(0, 40)}, not UTF-8`);
    return true;
  }

  private past(bytes: Buffer, ending: Buffer, from: number): boolean {
    const found = bytes.indexOf(ending, from);
    if (found === -1) return false;
    this.at = found + ending.length;
    return true;
  }

  private rootTag(bytes: Buffer): boolean {
    const end = tagEnd(bytes, this.at);
    if (end === -1) return false;
    const { scanner } = this;
    scanner.reset(bytes, this.at, end, this.what);
    if (scanner.next() !== START_TAG || scanner.localName() !== this.root) throw this.invalid(`its root element is not <${this.root}>`);
    this.rootName = bytes.toString('latin1', scanner.nameStart, scanner.nameEnd);
    this.namespaces = namespacesOf(scanner, this.root);
    this.at = end;
    this.place = scanner.empty ? 'epilog' : 'content';
    return true;
  }

  private rootEnd(bytes: Buffer): boolean {
    const end = tagEnd(bytes, this.at);
    if (end === -1) return false;
    if (bytes.toString('latin1', this.at + 2, end - 1).trimEnd() !== this.rootName) throw this.invalid('an end tag without its start tag');
    this.at = end;
    this.place = 'epilog';
    return true;
  }

  private element(bytes: Buffer): boolean {
    const start = this.at;
    const openEnd = tagEnd(bytes, start);
    if (openEnd === -1) return false;
    let nameEnd = start + 1;
    while ((X.BYTE_CLASS[bytes[nameEnd] as number] as number) & X.NAME) nameEnd++;
    const end = bytes[openEnd - 2] === X.SLASH ? openEnd : elementEnd(bytes, openEnd, bytes.subarray(start + 1, nameEnd));
    if (end === -1) return false;
    if (end - start > LIMITS.record) throw this.invalid(`an element is over ${LIMITS.record} bytes long`);
    if (isPackage(bytes, start + 1, nameEnd) && this.namespaces !== undefined) {
      this.found.push({ bytes: bytes.subarray(start, end), namespaces: this.namespaces });
    }
    this.at = end;
    return true;
  }
}

/** The value of an attribute of the element's start tag, undefined when there is none; checks nothing but the start tag. */
export function startTagAttribute(scanner: XmlScanner, element: Buffer, name: Buffer, what: string): string | undefined {
  const end = tagEnd(element, 0);
  scanner.reset(element, 0, end === -1 ? element.length : end, what);
  const token = scanner.next();
  const index = token === END_TAG ? -1 : scanner.attribute(name);
  return index === -1 ? undefined : element.toString('latin1', scanner.valueStart(index), scanner.valueEnd(index));
}

/** Just after the `>` of the tag that begins at `start`; -1 when it is not there yet. */
function tagEnd(bytes: Buffer, start: number): number {
  let quote = 0;
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (quote !== 0) {
      if (byte === quote) quote = 0;
    } else if (byte === X.GREATER) return at + 1;
    else if (byte === X.QUOTE || byte === X.APOSTROPHE) quote = byte;
  }
  return -1;
}

/** Just after the first end tag of this name. A package has no element of its own name inside: checking it finds those that do. */
function elementEnd(bytes: Buffer, from: number, name: Buffer): number {
  const ending = Buffer.concat([Buffer.from('</'), name]);
  for (let found = bytes.indexOf(ending, from); found !== -1; found = bytes.indexOf(ending, found + 1)) {
    let at = found + ending.length;
    while (at < bytes.length && (X.BYTE_CLASS[bytes[at] as number] as number) & X.SPACE) at++;
    if (at >= bytes.length) return -1;
    if (bytes[at] === X.GREATER) return at + 1;
  }
  return -1;
}

function isPackage(bytes: Buffer, start: number, end: number): boolean {
  const length = PACKAGE.length;
  if (end - start < length || bytes.compare(PACKAGE, 0, length, end - length, end) !== 0) return false;
  return end - start === length || bytes[end - length - 1] === X.COLON;
}
