import { createHash } from 'node:crypto';
import { readStanzas } from './deb822.ts';
import type { IndexRecord } from './index-record.ts';
import { fieldOf, findField, isBlank } from './stanza.ts';

const END = Buffer.from('\n\n');

/** What a translation belongs to: a package with one of the descriptions that it has had. */
export function descriptionKey(name: string, md5: string): string {
  return `${name} ${md5.toLowerCase()}`;
}

/**
 * The MD5 by which translations name the description of a package: what its stanza states, or that of the description in the stanza itself,
 * which is computed as apt does, over the text of the field with a line break at its end. Undefined for a package without description.
 */
export function descriptionMd5(stanza: Buffer): string | undefined {
  const stated = fieldOf(stanza, 'Description-md5');
  if (stated !== undefined && stated !== '') return stated;
  const field = findField(stanza, 'Description') ?? findField(stanza, 'Description-en');
  if (field === undefined) return undefined;
  let start = field.colon + 1;
  while (isBlank(stanza[start])) start += 1;
  return createHash('md5').update(stanza.subarray(start, field.end)).update('\n').digest('hex');
}

/**
 * The descriptions of a Translation index, in batches. Throws METADATA_INVALID as `readStanzas` does.
 * @param what names the index in errors.
 */
export async function* readTranslations(source: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<readonly IndexRecord[]> {
  for await (const stanzas of readStanzas(source, what)) {
    yield stanzas.map((stanza) => ({
      key: descriptionKey(stanza.get('Package') ?? '', stanza.get('Description-md5') ?? ''),
      bytes: Buffer.concat([stanza.bytes, END]),
    }));
  }
}
