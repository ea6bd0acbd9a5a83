import { createHash, type Hash, hash } from 'node:crypto';
import { MirrorError } from '../core/errors.ts';
import type { Keyring, RunningCheck, SignedPart } from '../openpgp/types.ts';
import { malformed, readSignatures } from '../openpgp/verify.ts';
import { headersNeed, type PackageHeaders, readPackageHeaders } from './format/package/package-file.ts';
import type { PackageIntegrity, PackageSignature, StatedDigest } from './format/package/package-integrity.ts';

export interface PackageCheckOptions {
  /** Names the package in errors. */
  readonly what: string;
  /** By whom it must be signed; undefined when its digests suffice. */
  readonly keyring: Keyring | undefined;
  readonly now: Date;
}

/** A package that is checked while its bytes go by. */
export interface PackageCheck {
  /** The next bytes of the file. Throws METADATA_INVALID and SIGNATURE_INVALID as soon as they show that something is wrong. */
  update(bytes: Buffer): void;
  /** Once, when there are no more bytes. Throws what `checkPackage` does. */
  finish(): PackageHeaders;
}

/** Public-key algorithms (RFC 9580 section 9.1) of the signatures that a tag may hold; any for a tag that is not here. */
const ALGORITHMS: Readonly<Partial<Record<PackageSignature['tag'], readonly number[]>>> = {
  RSA: [1, 3],
  PGP: [1, 3],
  DSA: [17, 19, 22, 27, 28],
  GPG: [17, 19, 22, 27, 28],
};
const BINARY_DOCUMENT = 0x00;

/**
 * Checks a package as a whole: that it is one, that every digest that it states of its header and payload is right, and, where there is a
 * keyring, that trusted keys signed all of it, by a signature over the header, which has the digest of the payload, or by one over both.
 * A signature that is wrong is not made good by another, nor is one by an unknown key but among those of rpm 6, as rpm has it. A key must have been unexpired when it signed: packages are older than many a key's term.
 * Throws METADATA_INVALID when it is damaged or no package; PACKAGE_UNSIGNED, SIGNATURE_INVALID, SIGNATURE_WEAK.
 */
export async function checkPackage(chunks: AsyncIterable<Buffer>, options: PackageCheckOptions): Promise<PackageHeaders> {
  const check = startPackageCheck(options);
  for await (const chunk of chunks) check.update(chunk);
  return check.finish();
}

/** Begins such a check. What it holds does not grow with the size of the package but for its headers. */
export function startPackageCheck(options: PackageCheckOptions): PackageCheck {
  const { what } = options;
  const head = createHead(what);
  let contents: ContentsCheck | undefined;
  return {
    update(bytes) {
      if (contents !== undefined) {
        contents.payload(bytes);
        return;
      }
      const whole = head.add(bytes);
      if (whole === undefined) return;
      const headers = readPackageHeaders(whole, what);
      contents = startContents(headers, options);
      contents.payload(whole.subarray(headers.headerEnd));
    },
    finish() {
      if (contents === undefined)
        throw new MirrorError('METADATA_INVALID', `${what} is no RPM package: it ends after ${head.length()} bytes`);
      return contents.finish();
    },
  };
}

/** Gathers the first bytes of a file; gives them once, when they hold the headers whole. */
export function createHead(what: string): { add(bytes: Buffer): Buffer | undefined; length(): number } {
  let pieces: Buffer[] = [];
  let held = 0;
  let needed = headersNeed(Buffer.alloc(0), what);
  return {
    length: () => held,
    add(bytes) {
      pieces.push(bytes);
      held += bytes.length;
      while (held >= needed) {
        const whole = pieces.length === 1 ? bytes : Buffer.concat(pieces);
        pieces = [whole];
        const next = headersNeed(whole, what);
        if (next <= needed) return whole;
        needed = next;
      }
      return undefined;
    },
  };
}

/** The check of what follows the headers, when these are known to be what they say. */
interface ContentsCheck {
  payload(bytes: Buffer): void;
  finish(): PackageHeaders;
}

function startContents(headers: PackageHeaders, { keyring, now, what }: PackageCheckOptions): ContentsCheck {
  const { headerBytes, integrity } = headers;
  for (const { algorithm, name, values } of integrity.header) {
    if (!values.includes(hash(algorithm, headerBytes))) throw damaged(what, `the ${name} of its header`);
  }
  const payload = integrity.payload.map(startDigest);
  const whole = integrity.whole.map(startDigest);
  for (const { running } of whole) running.update(headerBytes);
  const signatures = keyring === undefined ? undefined : startSignatures(headers, keyring, what);
  let size = headerBytes.length;
  return {
    payload(bytes) {
      size += bytes.length;
      for (const { running } of payload) running.update(bytes);
      for (const { running } of whole) running.update(bytes);
      signatures?.update(WHOLE, bytes);
    },
    finish() {
      for (const one of payload) compare(one, what, 'payload');
      for (const one of whole) compare(one, what, 'header and payload');
      if (integrity.wholeSize !== undefined && integrity.wholeSize !== size) throw damaged(what, 'its size');
      if (keyring !== undefined) refuseUnsigned(integrity, what);
      signatures?.finish(now);
      return headers;
    },
  };
}

interface RunningDigest {
  readonly stated: StatedDigest;
  readonly running: Hash;
}

function startDigest(stated: StatedDigest): RunningDigest {
  return { stated, running: createHash(stated.algorithm) };
}

function compare({ running, stated }: RunningDigest, what: string, part: string): void {
  if (!stated.values.includes(running.digest('hex'))) throw damaged(what, `the ${stated.name} of its ${part}`);
}

function damaged(what: string, part: string): MirrorError {
  return new MirrorError('METADATA_INVALID', `${what} is damaged: ${part} is not what it says itself`);
}

function refuseUnsigned({ payload, signatures }: PackageIntegrity, what: string): void {
  if (signatures.some(({ over }) => over === 'whole' || payload.length > 0)) return;
  const partly = signatures.length > 0;
  throw new MirrorError(
    'PACKAGE_UNSIGNED',
    `${what} ${partly ? 'has a signature over its header only, which does not cover its content' : 'is not signed'}`,
    {
      hint: 'If this upstream does not sign its packages, set `verify: [metadata]` where it signs its metadata, or `verify: []` to check nothing.',
    },
  );
}

/** The parts of a package with signatures: what those of rpm 6 are over, of which there may be any number, and what the older ones are over. */
const [HEADER, OLD_HEADER, WHOLE] = [0, 1, 2];

function startSignatures({ headerBytes, integrity }: PackageHeaders, keyring: Keyring, what: string): RunningCheck {
  // Without a digest of the payload in it, a signed header says nothing of the payload.
  const coversPayload = integrity.payload.length > 0;
  const among = (wanted: (one: PackageSignature) => boolean): SignedPart['signatures'] =>
    integrity.signatures.filter(wanted).flatMap((one) => signaturesOf(one, what));
  const parts: readonly SignedPart[] = [
    { signatures: among(({ tag }) => tag === 'OPENPGP'), sufficient: coversPayload },
    { signatures: among(({ over, tag }) => tag !== 'OPENPGP' && over === 'header'), sufficient: coversPayload, allKnown: true },
    { signatures: among(({ over }) => over === 'whole'), sufficient: true, allKnown: true },
  ];
  const check = keyring.startCheck(parts, { what, unexpired: 'signed' });
  for (const part of [HEADER, OLD_HEADER, WHOLE]) check.update(part, headerBytes);
  return check;
}

function signaturesOf({ packets, tag }: PackageSignature, what: string): SignedPart['signatures'] {
  try {
    const signatures = readSignatures(packets);
    if (tag !== 'OPENPGP' && signatures.length > 1) throw new Error(`its ${tag} entry has more than one signature`);
    for (const { publicKeyAlgorithm, type } of signatures) {
      if (type !== BINARY_DOCUMENT) throw new Error(`its ${tag} entry has a signature that is not of binary data`);
      const allowed = ALGORITHMS[tag];
      if (allowed !== undefined && !allowed.includes(publicKeyAlgorithm))
        throw new Error(`its ${tag} entry has a signature of the public-key algorithm ${publicKeyAlgorithm}`);
    }
    return signatures;
  } catch (error) {
    throw malformed(what, error);
  }
}
