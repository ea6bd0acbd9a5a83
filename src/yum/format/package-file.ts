import { MirrorError } from '../../core/errors.ts';
import { type PackageIntegrity, readIntegrity } from './package-integrity.ts';
import { HEADER_INTRO, headerSize, parseHeader, type RpmHeader } from './rpm-header.ts';
import { normalEpoch } from './version.ts';

/** Of one header, in bytes; several packages are read at once. The largest that are known have some ten MiB. */
const MAX_HEADER = 64 * 1024 * 1024;

const LEAD = 96;
const LEAD_MAGIC = 0xedabeedb;
const LEAD_TYPE = 6;
const LEAD_TYPE_SOURCE = 1;
export const SIGNATURE_REGION = 62;
export const IMMUTABLE_REGION = 63;

const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  arch: 1022,
  sourceRpm: 1044,
  sourcePackage: 1106,
} as const;

/** What the headers of an RPM package say. */
export interface PackageHeaders {
  readonly name: string;
  /** `0` where there is none. */
  readonly epoch: string;
  readonly version: string;
  readonly release: string;
  /** `src` for source packages, whatever they were built on. */
  readonly architecture: string;
  /** The main header, which signatures are over. */
  readonly headerBytes: Buffer;
  /** Where the main header begins and ends in the file. */
  readonly headerStart: number;
  readonly headerEnd: number;
  readonly integrity: PackageIntegrity;
}

/**
 * How many bytes of the file must be at hand to read its headers, as far as the bytes so far tell: ask again with that many until the
 * answer is not larger than what is there. METADATA_INVALID when the bytes cannot begin an RPM package.
 */
export function headersNeed(head: Buffer, what: string): number {
  if (head.length < LEAD + HEADER_INTRO) return LEAD + HEADER_INTRO;
  if (head.readUInt32BE(0) !== LEAD_MAGIC) throw new MirrorError('METADATA_INVALID', `${what} is not an RPM package`);
  const start = mainHeaderStart(head, what);
  if (head.length < start + HEADER_INTRO) return start + HEADER_INTRO;
  const size = headerSize(head.subarray(start, start + HEADER_INTRO), what);
  if (size > MAX_HEADER) throw new MirrorError('METADATA_INVALID', `${what} has a header of ${size} bytes, more than ${MAX_HEADER}`);
  return start + size;
}

/** The main header begins after the signature header, padded to eight bytes. */
function mainHeaderStart(head: Buffer, what: string): number {
  const size = headerSize(head.subarray(LEAD, LEAD + HEADER_INTRO), what);
  if (size > MAX_HEADER) throw new MirrorError('METADATA_INVALID', `${what} has a signature header of ${size} bytes`);
  return LEAD + Math.ceil(size / 8) * 8;
}

/** Where the two headers are in the file, in bytes. */
export interface HeaderBounds {
  readonly signatureStart: number;
  readonly signatureEnd: number;
  readonly headerStart: number;
  readonly headerEnd: number;
}

/** Finds the headers in the first bytes of the file. METADATA_INVALID when these do not hold them whole. */
export function headerBounds(head: Buffer, what: string): HeaderBounds {
  const headerEnd = headersNeed(head, what);
  if (head.length < headerEnd) throw new MirrorError('METADATA_INVALID', `${what} is cut short: ${head.length} of ${headerEnd} bytes`);
  const signatureEnd = LEAD + headerSize(head.subarray(LEAD, LEAD + HEADER_INTRO), what);
  return { signatureStart: LEAD, signatureEnd, headerStart: mainHeaderStart(head, what), headerEnd };
}

/** Reads the headers of an RPM package from its first bytes, at least as many as `headersNeed` asks for. METADATA_INVALID when malformed. */
export function readPackageHeaders(head: Buffer, what: string): PackageHeaders {
  const { signatureStart, signatureEnd, headerStart, headerEnd } = headerBounds(head, what);
  const signatureBytes = head.subarray(signatureStart, signatureEnd);
  const signature = parseHeader(signatureBytes, { regionTag: SIGNATURE_REGION, wholeRegion: false, what, offset: signatureStart });
  const headerBytes = head.subarray(headerStart, headerEnd);
  const main = parseHeader(headerBytes, { regionTag: IMMUTABLE_REGION, wholeRegion: true, what, offset: headerStart });
  const required = (tag: number, name: string): string => {
    const value = main.string(tag);
    if (value === undefined || value === '') throw new MirrorError('METADATA_INVALID', `${what} has no ${name} in its header`);
    return value;
  };
  return {
    name: required(TAG.name, 'name'),
    epoch: normalEpoch(main.number(TAG.epoch)?.toString()),
    version: required(TAG.version, 'version'),
    release: required(TAG.release, 'release'),
    architecture: isSourceFile(head, main) ? 'src' : required(TAG.arch, 'architecture'),
    headerBytes,
    headerStart,
    headerEnd,
    integrity: readIntegrity(signature, main),
  };
}

/** Whether a package is a source package: by its header, or, where an old one says nothing, by its lead. */
export function isSourceFile(head: Buffer, main: RpmHeader): boolean {
  if (main.has(TAG.sourcePackage)) return main.number(TAG.sourcePackage) !== 0;
  return !main.has(TAG.sourceRpm) && head.readUInt16BE(LEAD_TYPE) === LEAD_TYPE_SOURCE;
}
