import { MirrorError } from '../../core/errors.ts';
import { parseStanzas } from './deb822.ts';
import type { Stanza } from './stanza.ts';

/**
 * The one stanza of a control file, without repeated fields, which readers take different values of. METADATA_INVALID.
 * @param what names the document in errors.
 */
export function singleStanza(text: Buffer, what: string): Stanza {
  const invalid = (why: string): MirrorError => new MirrorError('METADATA_INVALID', `${what} ${why}`);
  const [stanza, ...others] = parseStanzas(text, what);
  if (stanza === undefined) throw invalid('is empty');
  if (others.length > 0) throw invalid(`has ${others.length + 1} stanzas instead of one`);
  const seen = new Set<string>();
  for (const [name] of stanza.fields()) {
    const lower = name.toLowerCase();
    if (seen.has(lower)) throw invalid(`has the field ${name} twice`);
    seen.add(lower);
  }
  return stanza;
}
