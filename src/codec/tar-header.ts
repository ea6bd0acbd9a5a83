import { MirrorError } from '../core/errors.ts';

/** Bytes of a header; contents are padded to a multiple of it. */
export const TAR_BLOCK = 512;

export type TarEntryType = 'file' | 'hardlink' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo';

/** One header block. The last four types say more of the entry that follows them. */
export interface TarHeader {
  readonly path: Buffer;
  readonly type: TarEntryType | 'longPath' | 'longTarget' | 'pax' | 'paxGlobal';
  /** Of what follows the header, in bytes, without its padding. */
  readonly size: number;
  readonly target: Buffer;
}

const TYPES: ReadonlyMap<string, TarHeader['type']> = new Map([
  ['\0', 'file'],
  ['0', 'file'],
  ['1', 'hardlink'],
  ['2', 'symlink'],
  ['3', 'character'],
  ['4', 'block'],
  ['5', 'directory'],
  ['6', 'fifo'],
  ['L', 'longPath'],
  ['K', 'longTarget'],
  ['x', 'pax'],
  ['g', 'paxGlobal'],
]);

const CHECKSUM = 148;
const CHECKSUM_END = 156;
const SLASH = 0x2f;

/** Reads a header block; undefined for one of zeros, which ends an archive. METADATA_INVALID. */
export function parseTarHeader(block: Buffer, what: string): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const malformed = (why: string): MirrorError => new MirrorError('METADATA_INVALID', `${what} ${why}`);
  if (number(block.subarray(CHECKSUM, CHECKSUM_END)) !== checksumOf(block)) throw malformed('has a damaged header in its tar archive');
  const flag = block.toString('latin1', 156, 157);
  const path = pathOf(block);
  const type = TYPES.get(flag);
  if (type === undefined)
    throw malformed(`has "${path.toString()}" in its tar archive, which is of the type "${flag}": no kind of whole file`);
  const size = number(block.subarray(124, 136));
  if (size === undefined) throw malformed(`has "${path.toString()}" in its tar archive, whose size is malformed`);
  const target = text(block.subarray(157, 257));
  // Before ustar, a directory was a file whose name ends in a slash.
  if (flag === '\0' && path.at(-1) === SLASH) return { path, type: 'directory', size, target };
  return { path, type, size, target };
}

function pathOf(block: Buffer): Buffer {
  const name = text(block.subarray(0, 100));
  // GNU has other things where ustar has the beginning of the path.
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block.subarray(345, 500)) : Buffer.alloc(0);
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]);
}

function text(field: Buffer): Buffer {
  const end = field.indexOf(0);
  return Buffer.from(end === -1 ? field : field.subarray(0, end));
}

/** An octal number between blanks or NULs, or GNU's binary form of a large one. Undefined when it is neither, negative, or not exact. */
function number(field: Buffer): number | undefined {
  if (((field[0] ?? 0) & 0x80) !== 0) {
    if (field[0] !== 0x80) return undefined;
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const digits = /^ *([0-7]*)[ \0]*$/.exec(field.toString('latin1'))?.[1];
  if (digits === undefined) return undefined;
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

/** The sum of the header's bytes, with blanks for the checksum itself. */
function checksumOf(block: Buffer): number {
  let sum = 0;
  for (let index = 0; index < TAR_BLOCK; index++) sum += index >= CHECKSUM && index < CHECKSUM_END ? 0x20 : (block[index] ?? 0);
  return sum;
}
