import { createHash } from 'node:crypto';
import { MirrorError } from '../core/errors.ts';
import type { Keyring } from '../openpgp/types.ts';
import type { Blob, BlobStore } from '../store/blobs.ts';
import { labelOf, type YumCandidate } from './candidate.ts';
import { headersNeed, type PackageHeaders, readPackageHeaders } from './format/package-file.ts';
import { formatEvr } from './format/version.ts';

const MiB = 1024 * 1024;
/** Packages with nothing but a signature over all of their bytes are checked in memory. */
const MAX_WHOLE = 1024 * MiB;

/** Packages over this size that are checked in memory are checked one at a time, so that memory stays bounded. */
const ALONE = 16 * MiB;
let alone: Promise<unknown> = Promise.resolve();

export interface PackageCheck {
  readonly candidate: YumCandidate;
  readonly file: Blob;
  readonly blobs: BlobStore;
  readonly keyring: Keyring;
  readonly now: Date;
}

/**
 * Checks that a package in the pool is the one that the metadata names, and that a trusted key signed all of it: by a signature over its
 * header, which has the digest of the payload, or by one over both (rpm: signatures and digests). A header signature without such a digest
 * covers only part of the package and does not count.
 * Throws METADATA_INVALID when it is another package, damaged or no package; PACKAGE_UNSIGNED, SIGNATURE_INVALID, SIGNATURE_WEAK.
 */
export async function verifyPackage(check: PackageCheck): Promise<void> {
  const { candidate, keyring, now, file } = check;
  const what = `package ${labelOf(candidate)} of mirror "${candidate.mirror}"`;
  const { headers, payload } = await digestPackage(check, what);
  compareIdentity(candidate, headers, what);
  compareDigests(headers, payload, { what, size: file.size });
  const payloadSigned = headers.payloadSha256 !== undefined || headers.payloadSha512 !== undefined;
  if (headers.headerSignature !== undefined && payloadSigned) {
    await keyring.verifyDetached(headers.headerBytes, headers.headerSignature, what, now);
  } else if (headers.wholeSignature !== undefined) {
    await verifyWhole(check, { headers, signature: headers.wholeSignature, what });
  } else {
    const partly = headers.headerSignature !== undefined;
    throw new MirrorError(
      'PACKAGE_UNSIGNED',
      `${what} ${partly ? 'has a signature over its header only, which does not cover its content' : 'is not signed'}`,
      {
        hint: 'If this upstream does not sign its packages, set `verify: [metadata]` where it signs its metadata, or `verify: []` to check nothing.',
      },
    );
  }
}

interface PayloadDigests {
  readonly sha256: string;
  readonly sha512: string | undefined;
}

interface DigestedPackage {
  readonly headers: PackageHeaders;
  readonly payload: PayloadDigests;
}

/** Reads the package once: its headers, and the digests of what follows them. */
async function digestPackage({ blobs, file }: PackageCheck, what: string): Promise<DigestedPackage> {
  let headers: PackageHeaders | undefined;
  let head: Buffer[] = [];
  let held = 0;
  let needed = headersNeed(Buffer.alloc(0), what);
  const sha256 = createHash('sha256');
  const sha512 = createHash('sha512');
  const hash = (bytes: Buffer): void => {
    if (headers?.payloadSha512 !== undefined) sha512.update(bytes);
    sha256.update(bytes);
  };
  for await (const chunk of blobs.read(file.sha256) as AsyncIterable<Buffer>) {
    if (headers !== undefined) {
      hash(chunk);
      continue;
    }
    head.push(chunk);
    held += chunk.length;
    if (held < needed) continue;
    const bytes = Buffer.concat(head);
    needed = headersNeed(bytes, what);
    if (held < needed) {
      head = [bytes];
      continue;
    }
    headers = readPackageHeaders(bytes, what);
    hash(bytes.subarray(headers.headerEnd));
    head = [];
  }
  if (headers === undefined) throw new MirrorError('METADATA_INVALID', `${what} is no RPM package: it ends after ${held} bytes`);
  const payload = { sha256: sha256.digest('hex'), sha512: headers.payloadSha512 === undefined ? undefined : sha512.digest('hex') };
  return { headers, payload };
}

function compareIdentity(candidate: YumCandidate, headers: PackageHeaders, what: string): void {
  const found = { name: headers.name, version: formatEvr(headers), architecture: headers.architecture };
  const architecture = candidate.architecture === 'nosrc' ? 'src' : candidate.architecture;
  if (found.name === candidate.name && found.version === candidate.version && found.architecture === architecture) return;
  throw new MirrorError('METADATA_INVALID', `${what} is really ${labelOf(found)}`, {
    hint: 'The metadata of the upstream names another package than the file is. Nothing was taken over; report it to the upstream.',
  });
}

function compareDigests(
  headers: PackageHeaders,
  payload: PayloadDigests,
  { what, size }: { readonly what: string; readonly size: number },
): void {
  const damaged = (part: string): MirrorError =>
    new MirrorError('METADATA_INVALID', `${what} is damaged: ${part} is not what it says itself`);
  const { headerBytes, headerSha1, headerSha256, headerStart, payloadSha256, payloadSha512, signedSize } = headers;
  const digest = (algorithm: string): string => createHash(algorithm).update(headerBytes).digest('hex');
  if (headerSha256 !== undefined && headerSha256 !== digest('sha256')) throw damaged('the SHA-256 of its header');
  if (headerSha1 !== undefined && headerSha1 !== digest('sha1')) throw damaged('the SHA-1 of its header');
  if (payloadSha256 !== undefined && payloadSha256 !== payload.sha256) throw damaged('the SHA-256 of its payload');
  if (payloadSha512 !== undefined && payloadSha512 !== payload.sha512) throw damaged('the SHA-512 of its payload');
  if (signedSize !== undefined && signedSize !== size - headerStart) throw damaged('its size');
}

interface WholeSignature {
  readonly headers: PackageHeaders;
  readonly signature: Buffer;
  readonly what: string;
}

async function verifyWhole({ blobs, file, keyring, now }: PackageCheck, { headers, signature, what }: WholeSignature): Promise<void> {
  if (file.size > MAX_WHOLE) {
    throw new MirrorError(
      'PACKAGE_UNSIGNED',
      `${what} has ${file.size} bytes and only a signature over all of them, which can be checked up to ${MAX_WHOLE} bytes`,
    );
  }
  const verify = async (): Promise<void> => {
    const bytes = await blobs.readWhole(file.sha256, file.size);
    await keyring.verifyDetached(bytes.subarray(headers.headerStart), signature, what, now);
  };
  if (file.size <= ALONE) return verify();
  const turn = alone.then(verify);
  alone = turn.catch(() => undefined);
  return turn;
}
