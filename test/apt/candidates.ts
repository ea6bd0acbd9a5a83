import { type AptCandidate, readCandidate } from '../../src/apt/candidate.ts';
import { parseStanzas } from '../../src/apt/format/deb822.ts';
import { stanza } from './archive.ts';

/** A candidate from the fields of its stanza, of which Version (1.0-1), Architecture (amd64) and others have defaults. */
export function aptCandidate(name: string, fields: Readonly<Record<string, string>> = {}, mirror = 'one'): AptCandidate {
  const [parsed] = parseStanzas(Buffer.from(stanza(name, fields)), 'test');
  if (parsed === undefined) throw new Error('no stanza');
  return readCandidate(parsed, { mirror, component: 'main', what: 'test' });
}
