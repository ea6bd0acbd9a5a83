import { MirrorError } from '../../core/errors.ts';
import { safeRelativePath } from '../../core/paths.ts';
import { isDpkgVersion } from './identity.ts';
import { isStrong, type ListedFile, parseListedFiles } from './listed-files.ts';
import { isPackageName } from './pool-path.ts';
import { pickFields, type Stanza } from './stanza.ts';

/** A source package as a Sources index lists it. */
export interface SourcePackage {
  readonly name: string;
  readonly version: string;
  /** The binary packages that are built from it. */
  readonly binaries: readonly string[];
  /** The architectures that it is built for, wildcards among them. */
  readonly architectures: readonly string[];
  /** Where its files are, relative to the root of the archive and safe; empty for the root itself. */
  readonly directory: string;
  readonly dsc: ListedFile;
  /** The others. */
  readonly files: readonly ListedFile[];
}

/**
 * Reads one stanza of a Sources index. METADATA_INVALID when it lacks or repeats what every source package has, has no or several .dsc, or states only checksums that are too weak;
 * PATH_UNSAFE.
 * @param what names the index in errors.
 */
export function readSourceStanza(stanza: Stanza, what: string): SourcePackage {
  const place = `${what}, line ${stanza.line}: source package ${stanza.get('Package')?.slice(0, 200) ?? ''}`;
  const invalid = (why: string): MirrorError => new MirrorError('METADATA_INVALID', `${place} ${why}`);
  const [name, version, directory, architecture] = pickFields(stanza.bytes, ['Package', 'Version', 'Directory', 'Architecture'], (field) =>
    invalid(`states its ${field} twice or on several lines`),
  );
  if (name === undefined || !isPackageName(name)) throw invalid('has no usable name (Package)');
  if (version === undefined || !isDpkgVersion(version)) throw invalid('has no usable Version');
  if (directory === undefined) throw invalid('has no Directory');
  const listed = parseListedFiles(stanza, place);
  const weak = listed.find((file) => !isStrong(file));
  if (weak !== undefined) throw invalid(`states no SHA256 or SHA512 of "${weak.name}"; MD5 and SHA-1 are too weak to be trusted`);
  const [dsc, second] = listed.filter((file) => file.name.endsWith('.dsc'));
  if (dsc === undefined) throw invalid('has no .dsc');
  if (second !== undefined) throw invalid('has two .dsc');
  return {
    name,
    version,
    binaries: words(stanza.get('Binary'), /[\s,]+/),
    architectures: words(architecture, /\s+/),
    directory: ['', '.', './'].includes(directory) ? '' : safeRelativePath(directory, place),
    dsc,
    files: listed.filter((file) => file !== dsc),
  };
}

function words(text: string | undefined, between: RegExp): string[] {
  return (text ?? '').split(between).filter((word) => word !== '');
}
