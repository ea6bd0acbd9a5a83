import type { Checksum } from '../core/digests.ts';
import type { Candidate } from '../solve/universe.ts';
import type { Blob } from '../store/blobs.ts';
import type { PackageRecord, StoredIndex, StoredPackage } from '../store/catalogue.ts';
import { publishedPath } from './location.ts';
import type { CandidateModule } from './modules/candidate-module.ts';

/** An index as it is stored, and what it must be when it is unpacked. */
export interface UnpackedIndex extends StoredIndex {
  readonly openSize?: number | undefined;
  readonly openChecksum?: Checksum | undefined;
}

/** A package that a yum upstream lists in primary. */
export interface YumCandidate extends Candidate {
  /** The `xml:base` of its location. */
  readonly base: string | undefined;
  /** Its element of primary, well-formed and with the usual prefixes. */
  readonly element: Buffer;
  /** The upstream's filelists, for what primary does not list. */
  readonly filelists: UnpackedIndex | undefined;
  /** Reads the package's own element of filelists, where that is stored. */
  readonly storedFilelists?: (() => Buffer | undefined) | undefined;
  /** The modules that it is a package of; undefined where it is of none. */
  readonly modules?: readonly CandidateModule[] | undefined;
}

/** `name-[epoch:]version-release.arch`. */
export function labelOf({ name, version, architecture }: Pick<Candidate, 'name' | 'version' | 'architecture'>): string {
  return `${name}-${version}.${architecture}`;
}

/** What is stored of a package. */
export function recordOf(candidate: YumCandidate, file: Blob): PackageRecord {
  const { name, version, architecture } = candidate;
  return {
    name,
    version,
    architecture,
    sha256: file.sha256,
    size: file.size,
    location: publishedPath(candidate, candidate, `mirror ${candidate.mirror}`),
    record: candidate.element,
  };
}

/** A stored package as a candidate. `extra` reads one kind of its extras; without it what only filelists says is not known. */
export function storedCandidate(stored: StoredPackage, source: string, extra?: (kind: string) => Buffer | undefined): YumCandidate {
  const { name, version, architecture, location, size, sha256, record } = stored;
  const checksums: readonly Checksum[] = [{ algorithm: 'sha256', value: sha256 }];
  return {
    mirror: source,
    name,
    version,
    architecture,
    location,
    base: undefined,
    size,
    checksums,
    element: record,
    filelists: undefined,
    storedFilelists: extra === undefined ? undefined : () => extra('filelists'),
  };
}
