import { posix } from 'node:path';
import { type Checksum, type ChecksumAlgorithm, checksum } from '../core/digests.ts';
import { MirrorError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { safeRelativePath } from '../core/paths.ts';
import type { Candidate } from '../solve/universe.ts';
import type { Blob } from '../store/blobs.ts';
import type { PackageRecord, StoredPackage } from '../store/catalogue.ts';
import { isArchitecture, SOURCE } from './format/architecture.ts';
import { isPackageName } from './format/pool-path.ts';
import { type FoundField, fieldOf, fieldTable, findFields, type Stanza } from './format/stanza.ts';
import { isVersion } from './format/version.ts';
import { urlPath } from './urls.ts';

/** A package that an APT archive offers. */
export interface AptCandidate extends Candidate {
  /** Of the upstream; empty for a flat repository. */
  readonly component: string;
  /** Exactly as in the index. */
  readonly stanza: Buffer;
  /** The field of this name, where it was looked for: undefined where it was not, null where there is none. */
  readonly provides?: string | null | undefined;
}

/** The Provides field of a package. */
export function providesOf({ provides, stanza }: AptCandidate): string | undefined {
  return provides === undefined ? fieldOf(stanza, 'Provides') : (provides ?? undefined);
}

const TABLE = fieldTable(['Package', 'Version', 'Architecture', 'Filename', 'Size', 'SHA256', 'SHA512', 'Provides']);
/** How many of them, from the first, must be on one line each and not twice. */
const PLAIN = 7;
/** Overwritten for each stanza. */
const FOUND: readonly FoundField[] = TABLE.fields.map(() => ({ start: 0, end: 0, count: 0, folded: false }));

/** A package of an index. An index has tens of thousands of them, so checksums are read when they are asked for. */
class IndexedPackage implements AptCandidate {
  readonly mirror: string;
  readonly component: string;
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly location: string;
  readonly size: number;
  readonly stanza: Buffer;
  readonly provides: string | null;

  constructor(fields: Omit<AptCandidate, 'checksums' | 'furtherFiles'> & { readonly provides: string | null }) {
    this.mirror = fields.mirror;
    this.component = fields.component;
    this.name = fields.name;
    this.version = fields.version;
    this.architecture = fields.architecture;
    this.location = fields.location;
    this.size = fields.size;
    this.stanza = fields.stanza;
    this.provides = fields.provides;
  }

  get checksums(): readonly Checksum[] {
    return (['sha256', 'sha512'] as const).flatMap((algorithm) => stated(algorithm, this.stanza) ?? []);
  }
}

function stated(algorithm: ChecksumAlgorithm, stanza: Buffer): Checksum | undefined {
  const value = fieldOf(stanza, algorithm);
  return value === undefined ? undefined : checksum(algorithm, value);
}

/** The index that a candidate is read from. */
export interface CandidateOrigin {
  readonly mirror: string;
  readonly component: string;
  /** The index's name for messages. */
  readonly what: string;
}

/**
 * Reads one stanza of a Packages index. Throws METADATA_INVALID when it lacks or repeats a field that every package must have once and on one line, or
 * states only checksums that are too weak to be trusted.
 */
export function readCandidate(stanza: Stanza, { mirror, component, what }: CandidateOrigin): AptCandidate {
  const { bytes } = stanza;
  const invalid = (why: string): MirrorError =>
    new MirrorError('METADATA_INVALID', `${what}, line ${stanza.line}: package ${stanza.get('Package')?.slice(0, 200) ?? ''} ${why}`);
  findFields(bytes, TABLE, FOUND);
  for (let place = 0; place < PLAIN; place += 1) {
    const field = FOUND[place];
    if (field !== undefined && field.count > 0 && (field.count > 1 || field.folded)) {
      throw invalid(`states its ${TABLE.fields[place]} twice or on several lines`);
    }
  }
  const [name, version, architecture] = [asciiAt(bytes, FOUND[0]), asciiAt(bytes, FOUND[1]), asciiAt(bytes, FOUND[2])];
  if (name === undefined || !isPackageName(name)) throw invalid('has no usable name (Package)');
  if (version === undefined || !isVersion(version)) throw invalid('has no usable Version');
  if (architecture === undefined || !isArchitecture(architecture)) throw invalid('has no usable Architecture');
  const location = textAt(bytes, FOUND[3]);
  if (location === undefined || location === '') throw invalid('has no Filename');
  const size = numberAt(bytes, FOUND[4]);
  if (size === undefined) throw invalid('has no usable Size');
  if (size > LIMITS.package) throw invalid(`has a Size of ${size}, over the ${LIMITS.package} bytes that a package may have`);
  if (FOUND[5]?.count === 1 && !isHexAt(bytes, FOUND[5], 64)) throw invalid('has a malformed SHA256');
  if (FOUND[6]?.count === 1 && !isHexAt(bytes, FOUND[6], 128)) throw invalid('has a malformed SHA512');
  if (FOUND[5]?.count !== 1 && FOUND[6]?.count !== 1) throw invalid('has no SHA256 or SHA512; MD5 and SHA-1 are too weak to be trusted');
  const provides = (FOUND[7]?.folded === true ? fieldOf(bytes, 'Provides') : textAt(bytes, FOUND[7])) ?? null;
  return new IndexedPackage({ mirror, component, name, version, architecture, location, size, stanza: bytes, provides });
}

function textAt(bytes: Buffer, field: FoundField | undefined): string | undefined {
  return field === undefined || field.count === 0 ? undefined : bytes.toString('utf8', field.start, field.end);
}

/** As `textAt`, for what is refused where it is not ASCII. */
function asciiAt(bytes: Buffer, field: FoundField | undefined): string | undefined {
  return field === undefined || field.count === 0 ? undefined : bytes.toString('latin1', field.start, field.end);
}

/** A number of one to fifteen digits. */
function numberAt(bytes: Buffer, field: FoundField | undefined): number | undefined {
  if (field === undefined || field.count === 0 || field.end === field.start || field.end - field.start > 15) return undefined;
  let number = 0;
  for (let at = field.start; at < field.end; at += 1) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return number;
}

function isHexAt(bytes: Buffer, { start, end }: FoundField, length: number): boolean {
  if (end - start !== length) return false;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    const isHex = (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46);
    if (!isHex) return false;
  }
  return true;
}

/** A field of a package, for messages. */
export function describeField(candidate: AptCandidate, field: string): string {
  return `mirror ${candidate.mirror}: the ${field} of package ${labelOf(candidate)}`;
}

/** The name that people know a package by: name_version_architecture. */
export function labelOf(candidate: Pick<Candidate, 'name' | 'version' | 'architecture'>): string {
  return `${candidate.name}_${candidate.version}_${candidate.architecture}`;
}

/** Whether it is a source package, which nothing depends on and no machine installs. */
export function isSourcePackage({ architecture }: Pick<Candidate, 'architecture'>): boolean {
  return architecture === SOURCE;
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
