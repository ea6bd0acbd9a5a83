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

/**
 * The text of a Packages index. Stanzas stay as they are, byte for byte, since apt takes packages whose fields differ for different
 * ones; only the value of Filename is replaced, and Filename, Size and SHA256 are added at the end where they are missing.
 */
export function packagesText(packages: readonly ListedPackage[]): Buffer {
  const most = packages.reduce((sum, { stanza, filename }) => sum + stanza.length + Buffer.byteLength(filename) + ADDED, 0);
  const text = Buffer.allocUnsafeSlow(most);
  let end = 0;
  for (const listed of packages) {
    end = append(text, end, listed);
    end += text.write('\n\n', end);
  }
  return text.subarray(0, end);
}

function append(text: Buffer, start: number, { stanza, filename, size, sha256 }: ListedPackage): number {
  let end = start;
  const field = findField(stanza, 'Filename');
  if (field === undefined) {
    end += stanza.copy(text, end);
    end += text.write(`\nFilename: ${filename}`, end);
  } else {
    end += stanza.copy(text, end, 0, field.colon + 1);
    end += text.write(` ${filename}`, end);
    end += stanza.copy(text, end, field.end);
  }
  if (findField(stanza, 'Size') === undefined) end += text.write(`\nSize: ${size}`, end);
  if (findField(stanza, 'SHA256') === undefined) end += text.write(`\nSHA256: ${sha256}`, end);
  return end;
}
