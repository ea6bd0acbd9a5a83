import { MirrorError } from '../core/errors.ts';
import { type ByteReader, createByteReader } from './byte-reader.ts';
import { memberBody } from './member-body.ts';

const MAGIC = '!<arch>\n';
const HEADER = 60;
const HEADER_END = '`\n';
const NAME = 16;
const SIZE_START = 48;
const SIZE_END = 58;
/** A package has three. */
const MAX_MEMBERS = 1000;

/** A file in an ar archive. */
export interface ArMember {
  /** As dpkg reads it: without the blanks at its end, and without the slash that other tools put there. Not to be used as a path. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Its bytes, to be read before the next member; what is left of them then is passed over. */
  readonly content: AsyncIterable<Buffer>;
}

/**
 * The members of an ar archive in its common form (ar(5)), which packages are: names of at most 16 bytes, no table of longer ones. The last
 * member may lack the byte that makes its size even. METADATA_INVALID when it is malformed or cut short.
 * @param what names the file in errors.
 */
export async function* readAr(source: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<ArMember> {
  const reader = createByteReader(source);
  try {
    const magic = await reader.exactly(MAGIC.length);
    if (magic?.toString('latin1') !== MAGIC) throw malformed(what, 'is not an ar archive');
    for (let members = 1; ; members++) {
      const header = await nextHeader(reader, what);
      if (header === undefined) return;
      if (members > MAX_MEMBERS) throw malformed(what, `has more than ${MAX_MEMBERS} members`);
      const { name, size } = parseHeader(header, what);
      const cutShort = (missing: number): MirrorError =>
        malformed(what, `is cut short: ${missing} of the ${size} bytes of a member are missing`);
      const body = memberBody(reader, size, cutShort);
      yield { name, size, content: body.content() };
      await body.passOver();
      if (size % 2 === 1) await reader.some(1);
    }
  } finally {
    await reader.release();
  }
}

/** The next 60 bytes; undefined at the end of the file. */
async function nextHeader(reader: ByteReader, what: string): Promise<Buffer | undefined> {
  const first = await reader.some(1);
  if (first === undefined) return undefined;
  const rest = await reader.exactly(HEADER - 1);
  if (rest === undefined) throw malformed(what, 'is cut short in the header of a member');
  return Buffer.concat([first, rest]);
}

function parseHeader(header: Buffer, what: string): { readonly name: string; readonly size: number } {
  if (header.toString('latin1', SIZE_END) !== HEADER_END) throw malformed(what, 'has no header of a member where one should be');
  const name = header.toString('latin1', 0, NAME).replace(/ +$/, '').replace(/\/$/, '');
  const size = header.toString('latin1', SIZE_START, SIZE_END).replace(/ +$/, '');
  if (!/^\d+$/.test(size)) throw malformed(what, `has a member "${name}" whose size is "${size}"`);
  return { name, size: Number(size) };
}

function malformed(what: string, why: string): MirrorError {
  return new MirrorError('METADATA_INVALID', `${what} ${why}`);
}
