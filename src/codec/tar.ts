import { MirrorError } from '../core/errors.ts';
import { type ByteReader, createByteReader } from './byte-reader.ts';
import { type MemberBody, memberBody } from './member-body.ts';
import { type PaxOverrides, parsePax } from './pax.ts';
import { parseTarHeader, TAR_BLOCK, type TarEntryType, type TarHeader } from './tar-header.ts';

const PIECE = 64 * 1024;
/** Of a path that stands in front of its entry, in bytes: Linux opens none that is longer. */
const MAX_PATH = 4096;
const MAX_PAX = 1024 * 1024;
const ZEROS = Buffer.alloc(PIECE);

/** A file, directory or link in a tar archive. Its paths are as hostile as who wrote it. */
export interface TarEntry {
  /** As in the archive, `./` and `/` at its ends included: bytes that are in no known encoding. Never empty, and without a NUL. */
  readonly path: Buffer;
  readonly type: TarEntryType;
  /** Of the content, in bytes. 0 for what has none. */
  readonly size: number;
  /** What a symbolic or hard link names; empty for the others. */
  readonly target: Buffer;
  /** Where in the archive its content begins, in bytes. */
  readonly offset: number;
  /** Whether it is described by an extended header of the pax format, which dpkg does not read. */
  readonly pax: boolean;
  /** Its bytes, to be read before the next entry; what is left of them then is passed over. */
  readonly content: AsyncIterable<Buffer>;
}

export interface TarOptions {
  /** Refuses an archive that does not end with a block of zeros, or has anything but zeros after it. Otherwise what follows is not looked at. */
  readonly strict?: boolean | undefined;
}

/**
 * The entries of a tar archive: ustar, GNU (with long names) and pax, and the formats before them. It ends at the first block of zeros; what follows
 * is read to its end. METADATA_INVALID when it is malformed, cut short, or has entries of kinds that are no whole file: sparse ones,
 * volumes of several, and what is unknown.
 * @param what names the archive in errors.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>, what: string, options: TarOptions = {}): AsyncGenerator<TarEntry> {
  const reader = createByteReader(source);
  try {
    yield* new Archive(reader, what, options.strict === true).entries();
  } finally {
    await reader.release();
  }
}

/** What stands in front of an entry and says more of it than fits into its header. */
interface Prefix {
  path?: Buffer;
  target?: Buffer;
  pax?: PaxOverrides;
}

class Archive {
  readonly #reader: ByteReader;
  readonly #what: string;
  readonly #strict: boolean;

  constructor(reader: ByteReader, what: string, strict: boolean) {
    this.#reader = reader;
    this.#what = what;
    this.#strict = strict;
  }

  async *entries(): AsyncGenerator<TarEntry> {
    let prefix: Prefix = {};
    for (let header = await this.#header(); header !== undefined; header = await this.#header()) {
      if (header.type === 'longPath') prefix.path = await this.#longName(header);
      else if (header.type === 'longTarget') prefix.target = await this.#longName(header);
      else if (header.type === 'pax' || header.type === 'paxGlobal') {
        const overrides = parsePax(await this.#whole(header, MAX_PAX), this.#what);
        if (header.type === 'pax') prefix.pax = overrides;
        else if (Object.keys(overrides).length > 0)
          throw this.#malformed('has a pax header that gives all its entries the same path or size');
      } else {
        yield* this.#entry(header, header.type, prefix);
        prefix = {};
      }
    }
    if (Object.keys(prefix).length > 0) throw this.#malformed('ends where an entry should follow its long name');
    for (let rest = await this.#reader.some(PIECE); rest !== undefined; rest = await this.#reader.some(PIECE)) {
      if (this.#strict && !rest.equals(ZEROS.subarray(0, rest.length)))
        throw this.#malformed('has something else after the end of its tar archive');
    }
  }

  async *#entry(header: TarHeader, type: TarEntryType, prefix: Prefix): AsyncGenerator<TarEntry> {
    const { path, target, size } = {
      path: prefix.path ?? header.path,
      target: prefix.target ?? header.target,
      size: header.size,
      ...prefix.pax,
    };
    if (path.length === 0) throw this.#malformed('has an entry without a name');
    const body = this.#body(type === 'file' ? size : 0);
    yield {
      path,
      type,
      size: body.size,
      offset: this.#reader.position(),
      target: type === 'symlink' || type === 'hardlink' ? target : Buffer.alloc(0),
      pax: prefix.pax !== undefined,
      content: body.content(),
    };
    await body.passOver();
  }

  /** The next header; undefined at the end of the archive. */
  async #header(): Promise<TarHeader | undefined> {
    const first = await this.#reader.some(1);
    if (first === undefined) {
      if (this.#strict) throw this.#malformed('is cut short');
      return undefined;
    }
    const rest = await this.#reader.exactly(TAR_BLOCK - 1);
    if (rest === undefined) throw this.#malformed('is cut short');
    return parseTarHeader(Buffer.concat([first, rest]), this.#what);
  }

  async #longName(header: TarHeader): Promise<Buffer> {
    const bytes = await this.#whole(header, MAX_PATH + 1);
    const end = bytes.indexOf(0);
    return end === -1 ? bytes : bytes.subarray(0, end);
  }

  async #whole(header: TarHeader, most: number): Promise<Buffer> {
    if (header.size > most) throw this.#malformed(`has a name or an extended header of ${header.size} bytes, more than ${most}`);
    const body = this.#body(header.size);
    const pieces: Buffer[] = [];
    for await (const piece of body.content()) pieces.push(piece);
    await body.passOver();
    return Buffer.concat(pieces);
  }

  #body(size: number): MemberBody & { readonly size: number } {
    const cutShort = (): MirrorError => this.#malformed('is cut short');
    const body = memberBody(this.#reader, size, cutShort);
    return {
      size,
      content: body.content,
      passOver: async () => {
        await body.passOver();
        const padding = (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
        if (padding > 0 && (await this.#reader.exactly(padding)) === undefined) throw cutShort();
      },
    };
  }

  #malformed(why: string): MirrorError {
    return new MirrorError('METADATA_INVALID', `${this.#what} ${why}`);
  }
}
