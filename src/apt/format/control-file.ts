import { MirrorError } from '../../core/errors.ts';
import { isDpkgArchitecture, isDpkgVersion } from './identity.ts';
import { isPackageName } from './pool-path.ts';
import { parseProvides, parseRelations } from './relations.ts';
import { singleStanza } from './single-stanza.ts';
import { isBlankOrReturn, pickFields, type Stanza } from './stanza.ts';

/** What the `control` file of a binary package says. */
export interface ControlFile {
  readonly stanza: Stanza;
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

const NEWLINE = 0x0a;
const RELATIONS = ['Pre-Depends', 'Depends', 'Recommends', 'Suggests', 'Enhances', 'Breaks', 'Conflicts', 'Replaces'];

/**
 * Reads the control file of a binary package (deb-control(5)). METADATA_INVALID for what dpkg does not install: not exactly one stanza, no usable
 * name, version or architecture, repeated fields, a Status, a blank line inside a field, relations that cannot be read, no line break at the end.
 * @param what names the package file in errors.
 */
export function parseControlFile(bytes: Buffer, what: string): ControlFile {
  const control = `the control file of ${what}`;
  const invalid = (why: string): MirrorError => new MirrorError('METADATA_INVALID', `${control} ${why}`);
  const stanza = singleStanza(bytes, control);
  if (bytes.at(-1) !== NEWLINE) throw invalid('does not end with a line break, without which dpkg does not read it');
  if (hasBlankLine(stanza.bytes)) throw invalid('has a blank line inside a field');
  if (stanza.get('Status') !== undefined) throw invalid('has a Status, which only an installed package has');
  const [name, version, architecture] = pickFields(stanza.bytes, ['Package', 'Version', 'Architecture'], (field) =>
    invalid(`states its ${field} on several lines`),
  );
  if (name === undefined || !isPackageName(name)) throw invalid(`has no usable Package: "${name?.slice(0, 200) ?? ''}"`);
  if (version === undefined || !isDpkgVersion(version)) throw invalid(`has no usable Version: "${version?.slice(0, 200) ?? ''}"`);
  if (architecture === undefined || !isDpkgArchitecture(architecture))
    throw invalid(`has no usable Architecture: "${architecture?.slice(0, 200) ?? ''}"`);
  checkRelations(stanza, control);
  return { stanza, name, version, architecture };
}

function checkRelations(stanza: Stanza, control: string): void {
  for (const field of RELATIONS) {
    const value = stanza.get(field);
    if (value !== undefined) parseRelations(value, `${control}: its ${field}`);
  }
  const provides = stanza.get('Provides');
  if (provides !== undefined) parseProvides(provides, `${control}: its Provides`);
}

function hasBlankLine(bytes: Buffer): boolean {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    if (bytes.subarray(start, end).every(isBlankOrReturn)) return true;
    start = end + 1;
  }
  return false;
}
