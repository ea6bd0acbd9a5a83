import { MirrorError } from '../core/errors.ts';

/** What an extended header of the pax format says of an entry instead of its own header. */
export interface PaxOverrides {
  readonly path?: Buffer;
  readonly target?: Buffer;
  /** In bytes. */
  readonly size?: number;
}

const SPACE = 0x20;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;

/**
 * Reads the records `length key=value` of a pax header (POSIX pax, "pax Extended Header"). Owners, times and the like are passed over;
 * METADATA_INVALID for malformed records and for a sparse file.
 */
export function parsePax(bytes: Buffer, what: string): PaxOverrides {
  const malformed = (): MirrorError => new MirrorError('METADATA_INVALID', `${what} has a malformed pax header in its tar archive`);
  const overrides: { -readonly [key in keyof PaxOverrides]: PaxOverrides[key] } = {};
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(SPACE, at);
    const digits = space === -1 ? '' : bytes.toString('latin1', at, space);
    const end = at + Number(digits);
    const equals = bytes.indexOf(EQUALS, space);
    if (!/^\d{1,9}$/.test(digits) || end > bytes.length || equals === -1 || equals >= end || bytes[end - 1] !== NEWLINE) throw malformed();
    const key = bytes.toString('latin1', space + 1, equals);
    const value = bytes.subarray(equals + 1, end - 1);
    if (key.startsWith('GNU.sparse.')) {
      throw new MirrorError('METADATA_INVALID', `${what} has a sparse file in its tar archive, which is no whole file`);
    }
    if ((key === 'path' || key === 'linkpath') && value.includes(0)) throw malformed();
    if (key === 'path') overrides.path = value;
    else if (key === 'linkpath') overrides.target = value;
    else if (key === 'size') {
      if (!/^\d{1,15}$/.test(value.toString('latin1'))) throw malformed();
      overrides.size = Number(value.toString('latin1'));
    }
    at = end;
  }
  return overrides;
}
