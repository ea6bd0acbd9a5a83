import { findField } from './stanza.ts';

/** A package as a Packages index is to list it. */
export interface ListedPackage {
  /** The upstream's stanza, without a line break at its end. */
  readonly stanza: Buffer;
  /** Relative to the root of the archive. */
  readonly filename: string;
  /** In bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** More than the fields take that may be added to a stanza, besides the file name: bytes. */
const ADDED = 200;
/** The text is given in pieces of about this many bytes. */
const PIECE = 64 * 1024;

const FILENAME = Buffer.from('\nFilename:');
const SIZE = Buffer.from('\nSize:');
const SHA256 = Buffer.from('\nSHA256:');

/**
 * The text of a Packages index, in pieces. Stanzas stay as they are, byte for byte, since apt takes packages whose fields differ for different
 * ones; only the value of Filename is replaced, and Filename, Size and SHA256 are added at the end where they are missing.
 * A piece is valid until the next is asked for: all may stand in the same memory.
 */
export function* packagesText(packages: Iterable<ListedPackage>): Generator<Buffer> {
  let text = Buffer.alloc(0);
  let end = 0;
  for (const listed of packages) {
    const most = listed.stanza.length + Buffer.byteLength(listed.filename) + ADDED;
    if (text.length - end < most) {
      if (end > 0) yield text.subarray(0, end);
      if (text.length < most) text = Buffer.allocUnsafeSlow(Math.max(PIECE, most));
      end = 0;
    }
    end = append(text, end, listed);
    end += text.write('\n\n', end);
  }
  if (end > 0) yield text.subarray(0, end);
}

function append(text: Buffer, start: number, { stanza, filename, size, sha256 }: ListedPackage): number {
  let end = start;
  const field = fieldIn(stanza, FILENAME, 'Filename');
  if (field === undefined) {
    end += stanza.copy(text, end);
    end += text.write(`\nFilename: ${filename}`, end);
  } else {
    end += stanza.copy(text, end, 0, field.colon + 1);
    end += text.write(` ${filename}`, end);
    end += stanza.copy(text, end, field.end);
  }
  if (fieldIn(stanza, SIZE, 'Size') === undefined) end += text.write(`\nSize: ${size}`, end);
  if (fieldIn(stanza, SHA256, 'SHA256') === undefined) end += text.write(`\nSHA256: ${sha256}`, end);
  return end;
}

/** As `findField`, which looks at every line, but faster for a field that is written as it nearly always is, and not first. */
function fieldIn(stanza: Buffer, usual: Buffer, name: string): { readonly colon: number; readonly end: number } | undefined {
  const found = stanza.indexOf(usual);
  if (found === -1) return findField(stanza, name);
  const range = findField(stanza.subarray(found + 1), name);
  return range === undefined ? undefined : { colon: found + 1 + range.colon, end: found + 1 + range.end };
}
