import { MirrorError } from '../../core/errors.ts';
import { isDpkgVersion } from './identity.ts';
import { isStrong, type ListedFile, parseListedFiles } from './listed-files.ts';
import { isPackageName } from './pool-path.ts';
import { singleStanza } from './single-stanza.ts';
import { pickFields, type Stanza } from './stanza.ts';

/** What a .changes says of an upload. */
export interface Changes {
  readonly stanza: Stanza;
  /** The source package that everything in it is made from. */
  readonly source: string;
  readonly version: string;
  /** `source` and those of the binary packages. */
  readonly architectures: readonly string[];
  /** As the Distribution field has it, for people. */
  readonly distribution: string | undefined;
  readonly files: readonly ListedFile[];
}

/**
 * Reads the text of a .changes (deb-changes(5)) without its signature. METADATA_INVALID for one that is malformed or has no strong checksum for each file.
 * @param what names the file in errors.
 */
export function parseChanges(text: Buffer, what: string): Changes {
  const invalid = (why: string): MirrorError => new MirrorError('METADATA_INVALID', `${what} ${why}`);
  const stanza = singleStanza(text, what);
  const [format, stated, version, architecture, distribution] = pickFields(
    stanza.bytes,
    ['Format', 'Source', 'Version', 'Architecture', 'Distribution'],
    (field) => invalid(`states its ${field} on several lines`),
  );
  if (format === undefined || !/^1\.\d+$/.test(format)) throw invalid(`has no usable Format: "${format?.slice(0, 100) ?? ''}"`);
  // A rebuild of the binaries alone names the version of their source after the name.
  const source = stated?.replace(/ \([^()]*\)$/, '');
  if (source === undefined || !isPackageName(source)) throw invalid(`has no usable Source: "${stated?.slice(0, 200) ?? ''}"`);
  if (version === undefined || !isDpkgVersion(version)) throw invalid(`has no usable Version: "${version?.slice(0, 200) ?? ''}"`);
  const files = parseListedFiles(stanza, what);
  const weak = files.find((file) => !isStrong(file));
  if (weak !== undefined) throw invalid(`states no SHA256 or SHA512 of "${weak.name}"`);
  const architectures = (architecture ?? '').split(/\s+/).filter((word) => word !== '');
  return { stanza, source, version, architectures, distribution, files };
}
