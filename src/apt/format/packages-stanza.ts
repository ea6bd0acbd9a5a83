import { findField } from './stanza.ts';

/** What an index says of a package file besides what its control file says. */
export interface PackageFileFields {
  /** Relative to the root of the archive, or the bare name. */
  readonly filename: string;
  /** In bytes. */
  readonly size: number;
  /** Lower-case hex, as are the others. */
  readonly md5: string;
  readonly sha1: string;
  readonly sha256: string;
}

/** Fields that describe the package file and are the index's to state, whatever a control file says. */
const OF_FILE = ['Filename', 'Size', 'MD5sum', 'SHA1', 'SHA256', 'SHA512'];

/**
 * The stanza of a Packages index for a package file: the control file's own, byte for byte, with the fields of the file after its other fields and before
 * its Description. MD5sum and SHA1 are for apt before 1.0, which knows nothing else.
 */
export function packagesStanza(control: Buffer, file: PackageFileFields): Buffer {
  const stanza = withoutFields(control, OF_FILE);
  const added = `Filename: ${file.filename}\nSize: ${file.size}\nMD5sum: ${file.md5}\nSHA1: ${file.sha1}\nSHA256: ${file.sha256}`;
  const description = findField(stanza, 'Description');
  if (description === undefined) return Buffer.concat([stanza, Buffer.from(`\n${added}`)]);
  return Buffer.concat([stanza.subarray(0, description.start), Buffer.from(`${added}\n`), stanza.subarray(description.start)]);
}

/** The stanza without these fields, whatever their case and however often they are there. */
export function withoutFields(stanza: Buffer, fields: readonly string[]): Buffer {
  let rest = stanza;
  for (const field of fields) {
    for (let range = findField(rest, field); range !== undefined; range = findField(rest, field)) {
      const before = rest.subarray(0, range.start);
      const after = rest.subarray(Math.min(range.end + 1, rest.length));
      // The last line of a stanza has no line break.
      rest = after.length === 0 ? before.subarray(0, Math.max(before.length - 1, 0)) : Buffer.concat([before, after]);
    }
  }
  return rest;
}
