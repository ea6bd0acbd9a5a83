import * as X from './xml-bytes.ts';

const COMMENT = Buffer.from('<!--');
const COMMENT_END = Buffer.from('-->');
const INSTRUCTION_END = Buffer.from('?>');
const DOCTYPE = /^<!DOCTYPE(?=\s)/;
const DECLARATION = /^<\?xml\s/;
const OPENING_BRACKET = 0x5b;

/**
 * Where the root element of a document begins, after byte order mark, XML declaration, instructions, comments and a bare document type.
 * `refuse` is given what is wrong: another encoding than UTF-8, or a document type that declares anything, as entities are declared.
 */
export function endOfProlog(bytes: Buffer, refuse: (why: string) => Error): number {
  let at = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const beginning = at;
  let doctypes = 0;
  for (;;) {
    while (isSpace(bytes, at)) at++;
    const opening = bytes.toString('latin1', at, at + 16);
    if (opening.startsWith('<?')) {
      const end = endAfter(bytes, INSTRUCTION_END, at + 2, refuse);
      if (DECLARATION.test(opening)) checkDeclaration(bytes.toString('latin1', at, end), at === beginning, refuse);
      at = end;
    } else if (opening.startsWith('<!--')) {
      at = endAfter(bytes, COMMENT_END, at + COMMENT.length, refuse);
    } else if (DOCTYPE.test(opening)) {
      if (++doctypes > 1) throw refuse('it has two document types');
      at = endOfDoctype(bytes, at, refuse);
    } else return at;
  }
}

function checkDeclaration(text: string, isFirst: boolean, refuse: (why: string) => Error): void {
  if (!isFirst) throw refuse('an XML declaration that is not at its beginning');
  const encoding = /\bencoding\s*=\s*["']([^"']*)["']/.exec(text)?.[1];
  if (encoding !== undefined && !/^(?:utf-?8|us-ascii|ascii)$/i.test(encoding)) {
    throw refuse(`its encoding is ${encoding.slice(0, 40)}, not UTF-8`);
  }
}

/** Of a document type that only names where its definition is, which is never fetched. */
function endOfDoctype(bytes: Buffer, start: number, refuse: (why: string) => Error): number {
  let quote = 0;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at];
    if (quote !== 0) {
      if (byte === quote) quote = 0;
    } else if (byte === X.GREATER) return at + 1;
    else if (byte === X.QUOTE || byte === X.APOSTROPHE) quote = byte;
    else if (byte === OPENING_BRACKET) throw refuse('its document type declares something, such as entities, which is refused');
  }
  throw refuse('its document type is not ended');
}

/**
 * The bytes with comments and instructions as blanks and CDATA sections as text, each where it was: for a scanner that knows none of them.
 * The bytes themselves where there is nothing of the kind. `<` and `&` inside CDATA become `?`.
 */
export function withoutAsides(bytes: Buffer, from: number, refuse: (why: string) => Error): Buffer {
  let at = nextAside(bytes, from);
  if (at === -1) return bytes;
  const plain = Buffer.from(bytes);
  while (at !== -1) {
    const opening = bytes.toString('latin1', at, at + 9);
    let end: number;
    if (opening.startsWith('<!--')) {
      end = endAfter(bytes, COMMENT_END, at + 4, refuse);
      if (bytes.subarray(at + 4, end - 3).includes('--')) throw refuse('a comment with "--" inside');
      plain.fill(X.BLANK, at, end);
    } else if (opening === '<![CDATA[') {
      end = endAfter(bytes, Buffer.from(']]>'), at + 9, refuse);
      plain.fill(X.BLANK, at, at + 9);
      plain.fill(X.BLANK, end - 3, end);
      for (let inside = at + 9; inside < end - 3; inside++) {
        if (plain[inside] === X.LESS || plain[inside] === X.AMPERSAND || plain[inside] === X.CLOSING_BRACKET) plain[inside] = X.QUESTION;
      }
    } else if (opening.startsWith('<?') && !/^<\?xml\s/i.test(opening)) {
      end = endAfter(bytes, INSTRUCTION_END, at + 2, refuse);
      plain.fill(X.BLANK, at, end);
    } else {
      throw refuse('a declaration where none is allowed');
    }
    checkCharacters(bytes, at, end, refuse);
    at = nextAside(bytes, end);
  }
  return plain;
}

function nextAside(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(X.LESS, from); at !== -1; at = bytes.indexOf(X.LESS, at + 1)) {
    if (bytes[at + 1] === X.BANG || bytes[at + 1] === X.QUESTION) return at;
  }
  return -1;
}

function checkCharacters(bytes: Buffer, start: number, end: number, refuse: (why: string) => Error): void {
  for (let at = start; at < end; at++) {
    if ((bytes[at] as number) < X.BLANK && !isSpace(bytes, at)) throw refuse('a control character');
  }
}

function endAfter(bytes: Buffer, ending: Buffer, from: number, refuse: (why: string) => Error): number {
  const found = bytes.indexOf(ending, from);
  if (found === -1) throw refuse('a comment, instruction or CDATA section that is not ended');
  return found + ending.length;
}

function isSpace(bytes: Buffer, at: number): boolean {
  return at < bytes.length && ((X.BYTE_CLASS[bytes[at] as number] as number) & X.SPACE) !== 0;
}
