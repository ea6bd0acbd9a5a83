import type { Checksum } from '../core/digests.ts';
import { MirrorError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { CandidateFile } from '../solve/universe.ts';
import { type AptCandidate, type CandidateOrigin, isSourcePackage } from './candidate.ts';
import { SOURCE } from './format/architecture.ts';
import type { ListedFile } from './format/listed-files.ts';
import { parseSourceField } from './format/source-field.ts';
import { readSourceStanza } from './format/sources-index.ts';
import { fieldOf, Stanza } from './format/stanza.ts';

/**
 * Reads one stanza of a Sources index as a candidate: its own file is the .dsc, the others are its further files. METADATA_INVALID, PATH_UNSAFE.
 */
export function readSourceCandidate(stanza: Stanza, origin: CandidateOrigin): AptCandidate {
  return new SourceCandidate(stanza, origin);
}

/** The checksums and further files of thousands of packages would fill the memory, so they are read again where they are needed. */
class SourceCandidate implements AptCandidate {
  readonly name: string;
  readonly version: string;
  readonly architecture = SOURCE;
  readonly location: string;
  readonly size: number;
  readonly mirror: string;
  readonly component: string;
  readonly stanza: Buffer;
  readonly #line: number;
  readonly #origin: CandidateOrigin;
  #files: SourceFiles | undefined;

  constructor(stanza: Stanza, origin: CandidateOrigin) {
    const { name, version, dsc } = filesOf(stanza, origin);
    this.name = name;
    this.version = version;
    this.location = dsc.location;
    this.size = dsc.size;
    this.mirror = origin.mirror;
    this.component = origin.component;
    this.stanza = stanza.bytes;
    this.#line = stanza.line;
    this.#origin = origin;
  }

  get checksums(): readonly Checksum[] {
    return this.#read().dsc.checksums;
  }

  get furtherFiles(): readonly CandidateFile[] {
    return this.#read().others;
  }

  #read(): SourceFiles {
    this.#files ??= filesOf(new Stanza(this.stanza, this.#line), this.#origin);
    return this.#files;
  }
}

interface SourceFiles {
  readonly name: string;
  readonly version: string;
  readonly dsc: CandidateFile;
  readonly others: readonly CandidateFile[];
}

function filesOf(stanza: Stanza, { what }: CandidateOrigin): SourceFiles {
  const { name, version, directory, dsc, files } = readSourceStanza(stanza, what);
  const fileOf = (file: ListedFile): CandidateFile => {
    if (file.size > LIMITS.package) {
      throw new MirrorError(
        'METADATA_INVALID',
        `${what}, line ${stanza.line}: source package ${name} has "${file.name}" of ${file.size} bytes, over the ${LIMITS.package} that a file may have`,
      );
    }
    const location = directory === '' ? file.name : `${directory}/${file.name}`;
    const checksums = file.checksums.filter(({ algorithm }) => algorithm === 'sha256' || algorithm === 'sha512');
    return { location, size: file.size, checksums };
  };
  return { name, version, dsc: fileOf(dsc), others: files.map(fileOf) };
}

/** The source package that a binary package was built from: `Source: name (version)`, where either may be the binary's own. */
export function sourceOf({ name, version, stanza }: AptCandidate): { readonly name: string; readonly version: string } {
  const stated = parseSourceField(fieldOf(stanza, 'Source'));
  return { name: stated?.name ?? name, version: stated?.version ?? version };
}

/** The source packages that binary packages were built from, as far as they are offered. */
export function sourcesOf(selected: readonly AptCandidate[], offered: readonly AptCandidate[]): AptCandidate[] {
  const key = ({ name, version }: { readonly name: string; readonly version: string }): string => `${name} ${version}`;
  const wanted = new Set(selected.filter((candidate) => !isSourcePackage(candidate)).map((candidate) => key(sourceOf(candidate))));
  return offered.filter((candidate) => isSourcePackage(candidate) && wanted.has(key(candidate)));
}
