/** A cleartext-signed document taken apart. */
export interface CleartextDocument {
  /** What the signatures are over: the text with CRLF between lines, trailing blanks of lines cut off, no line end after the last line. */
  readonly hashed: Buffer;
  /** The same lines, each ended by LF: what alone may be parsed. */
  readonly text: Buffer;
  /** The armored signature blocks. */
  readonly signatures: string;
}

const BEGIN = '-----BEGIN PGP SIGNED MESSAGE-----';
const SIGNATURE = '-----BEGIN PGP SIGNATURE-----';
const HASH_HEADER = /^Hash: ?[A-Za-z0-9-]+(?:, ?[A-Za-z0-9-]+)*$/;
const MAX_HEADERS = 16;
const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;
const DASH = 0x2d;
const DELETE = 0x7f;

/** Whether a document begins as one that is signed around its text. */
export function isCleartext(document: Buffer): boolean {
  return document.toString('latin1', 0, BEGIN.length) === BEGIN;
}

/**
 * Splits a document of the cleartext signature framework (RFC 9580 section 7), more strictly than that: it starts with the BEGIN line, has no
 * header but `Hash`, no control characters but tabs and LF or CRLF line ends, no line beginning with `-` that is not dash-escaped,
 * and after the text nothing but signature blocks. So no reader can see another text in it than the one that was signed.
 * Throws an Error that says what is wrong and in which line.
 */
export function splitCleartext(document: Buffer): CleartextDocument {
  let offset = 0;
  let number = 0;
  const nextLine = (): Buffer => {
    const found = document.indexOf(LF, offset);
    if (found === -1) throw new Error(offset === 0 ? 'it is not a cleartext-signed document' : 'it ends within the signed text');
    const end = found > offset && document[found - 1] === CR ? found - 1 : found;
    const line = document.subarray(offset, end);
    offset = found + 1;
    number++;
    return line;
  };

  if (nextLine().toString('latin1') !== BEGIN) throw new Error(`its first line is not "${BEGIN}"`);
  for (let line = nextLine(); line.length > 0; line = nextLine()) {
    if (line.length > 200 || number > MAX_HEADERS || !HASH_HEADER.test(line.toString('latin1')))
      throw new Error(`line ${number} is a header other than Hash`);
  }
  const text = new TextCollector(document.length - offset);
  for (let start = offset; ; start = offset) {
    const line = nextLine();
    if (line[0] === DASH && line[1] !== SPACE) {
      if (line.toString('latin1', 0, 100) !== SIGNATURE) throw new Error(`line ${number} begins with "-" and is not dash-escaped`);
      return { ...text.finish(), signatures: document.toString('latin1', start) };
    }
    refuseControlCharacters(line, number);
    text.add(line[0] === DASH ? line.subarray(2) : line);
  }
}

/**
 * What a signature over a text is made of: the lines with trailing blanks cut off and CRLF between them. The last line end is not part of it.
 * Throws an Error for control characters, which `splitCleartext` would refuse.
 */
export function canonicalText(text: string): Buffer {
  const lines = Buffer.from(text.endsWith('\n') ? text : `${text}\n`);
  const collector = new TextCollector(lines.length);
  let number = 0;
  for (let offset = 0; offset < lines.length; ) {
    const end = lines.indexOf(LF, offset);
    const line = lines.subarray(offset, end);
    refuseControlCharacters(line, ++number);
    collector.add(line);
    offset = end + 1;
  }
  return collector.finish().hashed;
}

/** Puts a cleartext-signed document together from the text and its armored signature. `hash` is the algorithm's OpenPGP name: SHA512. */
export function joinCleartext(text: string, signature: string, hash: string): string {
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
  const escaped = lines.map((line) => (/^(?:-|From )/.test(line) ? `- ${line}` : line));
  return `${BEGIN}\nHash: ${hash}\n\n${escaped.join('\n')}\n${signature}`;
}

/** Gathers the lines of a text in both forms without an object per line. */
class TextCollector {
  readonly #hashed: Buffer;
  readonly #text: Buffer;
  #hashedLength = 0;
  #textLength = 0;

  /** @param size most bytes of text with line ends that will be added. */
  constructor(size: number) {
    this.#hashed = Buffer.allocUnsafe(size * 2 + 2);
    this.#text = Buffer.allocUnsafe(size + 1);
  }

  add(line: Buffer): void {
    let length = line.length;
    while (length > 0 && (line[length - 1] === SPACE || line[length - 1] === TAB)) length--;
    if (this.#textLength > 0) {
      this.#hashed[this.#hashedLength++] = CR;
      this.#hashed[this.#hashedLength++] = LF;
    }
    this.#hashedLength += line.copy(this.#hashed, this.#hashedLength, 0, length);
    this.#textLength += line.copy(this.#text, this.#textLength, 0, length);
    this.#text[this.#textLength++] = LF;
  }

  finish(): { hashed: Buffer; text: Buffer } {
    return { hashed: this.#hashed.subarray(0, this.#hashedLength), text: this.#text.subarray(0, this.#textLength) };
  }
}

function refuseControlCharacters(line: Buffer, number: number): void {
  for (let index = 0; index < line.length; index++) {
    const byte = line[index];
    if (byte !== undefined && ((byte < SPACE && byte !== TAB) || byte === DELETE))
      throw new Error(`line ${number} has the control character 0x${byte.toString(16).padStart(2, '0')}`);
  }
}
