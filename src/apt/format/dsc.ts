import { MirrorError } from '../../core/errors.ts';
import { isDpkgVersion } from './identity.ts';
import { type ListedFile, parseListedFiles } from './listed-files.ts';
import { isPackageName } from './pool-path.ts';
import { parseRelations } from './relations.ts';
import { singleStanza } from './single-stanza.ts';
import { pickFields, type Stanza } from './stanza.ts';

/** What a .dsc says of a source package. */
export interface Dsc {
  readonly stanza: Stanza;
  readonly name: string;
  readonly version: string;
  /** The archives that the source is unpacked from. */
  readonly files: readonly ListedFile[];
}

const FORMAT = /^\d+\.\d+(?: \([A-Za-z0-9-]+\))?$/;
const RELATIONS = ['Depends', 'Depends-Indep', 'Depends-Arch', 'Conflicts', 'Conflicts-Indep', 'Conflicts-Arch'];

/**
 * Reads the text of a .dsc (dsc(5)) without its signature. METADATA_INVALID for one that dpkg-source does not unpack: not one stanza, no usable format, name or version, no files,
 * repeated fields; also for one that lists another .dsc.
 * @param what names the file in errors.
 */
export function parseDsc(text: Buffer, what: string): Dsc {
  const invalid = (why: string): MirrorError => new MirrorError('METADATA_INVALID', `${what} ${why}`);
  const stanza = singleStanza(text, what);
  const [format, name, version] = pickFields(stanza.bytes, ['Format', 'Source', 'Version'], (field) =>
    invalid(`states its ${field} on several lines`),
  );
  if (format === undefined || !FORMAT.test(format)) throw invalid(`has no usable Format: "${format?.slice(0, 100) ?? ''}"`);
  if (name === undefined || !isPackageName(name)) throw invalid(`has no usable Source: "${name?.slice(0, 200) ?? ''}"`);
  if (version === undefined || !isDpkgVersion(version)) throw invalid(`has no usable Version: "${version?.slice(0, 200) ?? ''}"`);
  for (const relation of RELATIONS) {
    const value = stanza.get(`Build-${relation}`);
    if (value !== undefined) parseRelations(value, `${what}: its Build-${relation}`);
  }
  const files = parseListedFiles(stanza, what);
  if (files.some((file) => file.name.endsWith('.dsc'))) throw invalid('lists a .dsc among its own files');
  return { stanza, name, version, files };
}
