import { posix } from 'node:path';
import { type Checksum, checksum } from '../core/digests.ts';
import { MirrorError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { safeRelativePath } from '../core/paths.ts';
import type { Candidate } from '../solve/universe.ts';
import type { Blob } from '../store/blobs.ts';
import type { PackageRecord, StoredPackage } from '../store/catalogue.ts';
import { isPackageName } from './format/pool-path.ts';
import { pickFields, type Stanza } from './format/stanza.ts';
import { urlPath } from './urls.ts';

/** A package that an APT archive offers. */
export interface AptCandidate extends Candidate {
  /** Of the upstream; empty for a flat repository. */
  readonly component: string;
  /** Exactly as in the index. */
  readonly stanza: Buffer;
}

const FIELDS = ['Package', 'Version', 'Architecture', 'Filename', 'Size', 'SHA256', 'SHA512'];
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+~:_-]*$/;
const ARCHITECTURE = /^[a-z0-9][a-z0-9-]*$/;

export interface CandidateOrigin {
  readonly mirror: string;
  readonly component: string;
  /** The index, for messages. */
  readonly what: string;
}

/**
 * Reads one stanza of a Packages index. Throws METADATA_INVALID when it lacks or repeats a field that every package must have once and on one line, or
 * states only checksums that are too weak to be trusted.
 */
export function readCandidate(stanza: Stanza, { mirror, component, what }: CandidateOrigin): AptCandidate {
  const invalid = (why: string): MirrorError =>
    new MirrorError('METADATA_INVALID', `${what}, line ${stanza.line}: package ${stanza.get('Package')?.slice(0, 200) ?? ''} ${why}`);
  const [name, version, architecture, location, size, sha256, sha512] = pickFields(stanza.bytes, FIELDS, (field) =>
    invalid(`states its ${field} twice or on several lines`),
  );
  if (name === undefined || !isPackageName(name)) throw invalid('has no usable name (Package)');
  if (version === undefined || version.length > 255 || !VERSION.test(version)) throw invalid('has no usable Version');
  if (architecture === undefined || !ARCHITECTURE.test(architecture)) throw invalid('has no usable Architecture');
  if (location === undefined || location === '') throw invalid('has no Filename');
  if (size === undefined || !/^\d{1,15}$/.test(size)) throw invalid('has no usable Size');
  if (Number(size) > LIMITS.package) throw invalid(`has a Size of ${size}, over the ${LIMITS.package} bytes that a package may have`);
  const checksums: Checksum[] = [];
  for (const [algorithm, value] of [['sha256', sha256] as const, ['sha512', sha512] as const]) {
    if (value === undefined) continue;
    const stated = checksum(algorithm, value);
    if (stated === undefined) throw invalid(`has a malformed ${algorithm.toUpperCase()}`);
    checksums.push(stated);
  }
  if (checksums.length === 0) throw invalid('has no SHA256 or SHA512; MD5 and SHA-1 are too weak to be trusted');
  return { mirror, name, version, architecture, location, size: Number(size), checksums, component, stanza: stanza.bytes };
}

/** The name that people know a package by: name_version_architecture. */
export function labelOf(candidate: Pick<Candidate, 'name' | 'version' | 'architecture'>): string {
  return `${candidate.name}_${candidate.version}_${candidate.architecture}`;
}

/** Whether it is a package of the Debian installer, which no machine has once it is installed. */
export function isInstallerPackage({ location }: Pick<Candidate, 'location'>): boolean {
  return location.endsWith('.udeb');
}

/** The path of a package's file under the mirror's base. Throws PATH_UNSAFE when it would leave it. */
function safeLocation(candidate: AptCandidate, location: string): string {
  return safeRelativePath(location, `mirror ${candidate.mirror}: package ${labelOf(candidate)}`);
}

/** Where the package file is, at each base. Throws PATH_UNSAFE. */
export function packageUrls(candidate: AptCandidate, bases: readonly string[]): string[] {
  return urlsOf(candidate, candidate.location, bases);
}

/** Where each of a source package's archives is, at each base. Throws PATH_UNSAFE. */
export function furtherFileUrls(candidate: AptCandidate, bases: readonly string[]): string[][] {
  return (candidate.furtherFiles ?? []).map(({ location }) => urlsOf(candidate, location, bases));
}

function urlsOf(candidate: AptCandidate, location: string, bases: readonly string[]): string[] {
  const path = urlPath(safeLocation(candidate, location));
  return bases.map((base) => `${base}${path}`);
}

/** What is stored of a candidate whose files are in the pool. The text is the upstream's, byte for byte. Throws PATH_UNSAFE. */
export function packageRecord(candidate: AptCandidate, file: Blob, further: readonly Blob[]): PackageRecord {
  const { name, version, architecture, stanza, furtherFiles = [] } = candidate;
  const location = safeLocation(candidate, candidate.location);
  const record = { name, version, architecture, sha256: file.sha256, size: file.size, location, record: stanza };
  if (furtherFiles.length === 0) return record;
  const files = further.map(({ sha256, size }, index) => ({ name: posix.basename(furtherFiles[index]?.location ?? ''), sha256, size }));
  return { ...record, files };
}

/** A stored package as a candidate. */
export function storedCandidate({ record, files, ...stored }: StoredPackage, source: string): AptCandidate {
  const { name, version, architecture, location, size, sha256 } = stored;
  const directory = location.slice(0, location.lastIndexOf('/') + 1);
  return {
    mirror: source,
    name,
    version,
    architecture,
    location,
    size,
    checksums: [{ algorithm: 'sha256', value: sha256 }],
    furtherFiles: files?.map((file) => ({
      location: `${directory}${file.name}`,
      size: file.size,
      checksums: [{ algorithm: 'sha256', value: file.sha256 }],
    })),
    component: '',
    stanza: record,
  };
}
