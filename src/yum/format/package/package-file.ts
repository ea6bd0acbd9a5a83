import { MirrorError } from '../../../core/errors.ts';
import { normalEpoch } from '../version.ts';
import { type PackageIntegrity, readIntegrity } from './package-integrity.ts';
import { HEADER_INTRO, headerSize, parseHeader, type RpmHeader } from './rpm-header.ts';

/** Of one header, in bytes; several packages are read at once. The largest that are known have some ten MiB. */
const MAX_HEADER = 64 * 1024 * 1024;

const LEAD = 96;
const LEAD_MAGIC = 0xedabeedb;
const LEAD_TYPE = 6;
const LEAD_TYPE_SOURCE = 1;
const SIGNATURE_REGION = 62;
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

/** The two headers of a package file. */
export interface FileHeaders {
  readonly signature: RpmHeader;
  readonly main: RpmHeader;
  /** Where the main header begins and ends in the file, in bytes. */
  readonly headerStart: number;
  readonly headerEnd: number;
}

/**
 * Finds the headers in the first bytes of the file, and parses them. METADATA_INVALID when these do not hold them whole, or they are malformed.
 * @param wholeRegion whether the main header must have a region that covers all of it: what is outside of it is not signed.
 */
export function parseHeaders(head: Buffer, what: string, { wholeRegion }: { readonly wholeRegion: boolean }): FileHeaders {
  const headerEnd = headersNeed(head, what);
  if (head.length < headerEnd) throw new MirrorError('METADATA_INVALID', `${what} is cut short: ${head.length} of ${headerEnd} bytes`);
  const signatureBytes = head.subarray(LEAD, LEAD + headerSize(head.subarray(LEAD, LEAD + HEADER_INTRO), what));
  const headerStart = mainHeaderStart(head, what);
  return {
    signature: parseHeader(signatureBytes, { regionTag: SIGNATURE_REGION, wholeRegion: false, what, offset: LEAD }),
    main: parseHeader(head.subarray(headerStart, headerEnd), { regionTag: IMMUTABLE_REGION, wholeRegion, what, offset: headerStart }),
    headerStart,
    headerEnd,
  };
}

/** Reads the headers of an RPM package from its first bytes, at least as many as `headersNeed` asks for. METADATA_INVALID when malformed. */
export function readPackageHeaders(head: Buffer, what: string): PackageHeaders {
  const { signature, main, headerStart, headerEnd } = parseHeaders(head, what, { wholeRegion: true });
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
    headerBytes: head.subarray(headerStart, headerEnd),
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
