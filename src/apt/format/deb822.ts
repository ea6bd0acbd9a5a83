import { MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { isBlank, isBlankOrReturn, Stanza } from './stanza.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const HASH = 0x23;
const COLON = 0x3a;

/** How much of a stream is gathered before it is cut into stanzas, in bytes. Stanzas of one block share its memory. */
const BLOCK = 128 * 1024;

export interface StanzaOptions {
  /** Whether lines that begin with `#` are comments, as in .sources files. They are malformed elsewhere. */
  readonly comments?: boolean;
}

/**
 * Cuts a control file (deb822(5)) into its stanzas. As in apt, only an empty line ends one: a line of blanks continues it.
 * @param what names the document in errors: METADATA_INVALID with the line number for a line that is neither a field, a continuation
 *   nor a comment, for a NUL byte, and for a stanza over LIMITS.record bytes.
 */
export function* parseStanzas(bytes: Buffer, what: string, options: StanzaOptions = {}): Generator<Stanza> {
  const splitter = new Splitter(what, options.comments === true);
  yield* splitter.split(bytes, true);
}

/** As `parseStanzas`, for a stream of any size: gives the stanzas in batches of about 128 KiB. */
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
    if (bytes.includes(0)) {
      throw new MirrorError('METADATA_INVALID', `${this.#what}: the stanza that begins on line ${line} has a NUL`, { details: { line } });
    }
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
    if (isBlank(byte)) {
      if (inStanza || block.subarray(at, lineEnd).every(isBlankOrReturn)) return false;
      throw this.#malformed('continues a field, but there is none before it');
    }
    if (byte === HASH && this.#comments) return false;
    // Where comments are not allowed their lines are fields to apt, and parts of the field before to others: they are refused.
    for (let index = at; index < lineEnd; index += 1) {
      const other = block[index] ?? 0;
      if (other === COLON && index > at && byte !== HASH) return true;
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
