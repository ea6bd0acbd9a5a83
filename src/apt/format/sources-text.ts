import { findField } from './stanza.ts';

/**
 * The stanza of a Sources index for a source package that is published in another directory: as it is, byte for byte, but for the Directory.
 * @param directory relative to the root of the archive.
 */
export function withDirectory(stanza: Buffer, directory: string): Buffer {
  const field = findField(stanza, 'Directory');
  if (field === undefined) return Buffer.concat([stanza, Buffer.from(`\nDirectory: ${directory}`)]);
  return Buffer.concat([stanza.subarray(0, field.colon + 1), Buffer.from(` ${directory}`), stanza.subarray(field.end)]);
}
