import type { ChecksumAlgorithm } from '../../core/digests.ts';
import { FILE_FIELDS, type ListedFile } from './listed-files.ts';
import { withoutFields } from './packages-stanza.ts';
import { findField } from './stanza.ts';

const OF_INDEX = ['Package', 'Directory', ...FILE_FIELDS.map(([field]) => field)];

/**
 * The stanza of a Sources index for a source package: the .dsc's own, byte for byte, but for the name, which an index gives as Package, and the files, among which an index lists
 * the .dsc. The Directory is `.` until it is published.
 * @param dsc the stanza of the .dsc.
 * @param files the .dsc itself first. MD5, SHA-1 and SHA-256 are listed; each file must have them.
 */
export function sourcesStanza(dsc: Buffer, files: readonly ListedFile[]): Buffer {
  const stanza = withoutFields(dsc, OF_INDEX);
  const source = findField(stanza, 'Source');
  if (source === undefined) throw new Error('a .dsc without a Source was not refused');
  const lists = FILE_FIELDS.slice(0, 3).map(([field, algorithm]) => `${field}:${files.map((file) => lineOf(file, algorithm)).join('')}`);
  return Buffer.concat([
    stanza.subarray(0, source.start),
    Buffer.from('Package'),
    stanza.subarray(source.colon),
    Buffer.from(`\nDirectory: .\n${lists.join('\n')}`),
  ]);
}

function lineOf(file: ListedFile, algorithm: ChecksumAlgorithm): string {
  const found = file.checksums.find((one) => one.algorithm === algorithm);
  if (found === undefined) throw new Error(`the ${algorithm} of ${file.name} was not computed`);
  return `\n ${found.value} ${file.size} ${file.name}`;
}
