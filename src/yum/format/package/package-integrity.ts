import type { RpmHeader } from './rpm-header.ts';

/** A digest of a part of a package, as the package states it itself. */
export interface StatedDigest {
  /** For people: "SHA-256". */
  readonly name: string;
  /** As node:crypto names it. */
  readonly algorithm: string;
  /** Lower-case hex; one of these it must be. */
  readonly values: readonly string[];
}

/** A signature tag. Those before rpm 6 hold one signature, by a key of the kind that the tag is for. */
export interface PackageSignature {
  readonly tag: 'OPENPGP' | 'RSA' | 'DSA' | 'PGP' | 'GPG';
  /** What it is over: the main header, or that and the payload. */
  readonly over: 'header' | 'whole';
  /** OpenPGP packets. */
  readonly packets: Buffer;
}

/** What a package states of its own integrity (rpm: signatures and digests). */
export interface PackageIntegrity {
  /** Of the main header. */
  readonly header: readonly StatedDigest[];
  /** Of the payload, in the main header, and strong: who signed the header signed the payload too where there is one. */
  readonly payload: readonly StatedDigest[];
  /** Of the main header and the payload together. */
  readonly whole: readonly StatedDigest[];
  /** Of the main header and the payload together, in bytes. */
  readonly wholeSize: number | undefined;
  readonly signatures: readonly PackageSignature[];
}

const SIGNATURE_TAG = {
  dsa: 267,
  rsa: 268,
  sha1: 269,
  longSize: 270,
  sha256: 273,
  openPgp: 278,
  sha3: 279,
  size: 1000,
  pgp: 1002,
  md5: 1004,
  gpg: 1005,
} as const;

/** Of the compressed payload, and of what it unpacks to: a payload that is not compressed has the latter. */
const PAYLOAD_TAG = { digest: [5092, 5097], algorithm: 5093, sha512: [5121, 5122], sha3: [5123, 5124] } as const;
const PAYLOAD_ALGORITHMS: Readonly<Record<number, Pick<StatedDigest, 'name' | 'algorithm'>>> = {
  8: { name: 'SHA-256', algorithm: 'sha256' },
  9: { name: 'SHA-384', algorithm: 'sha384' },
  10: { name: 'SHA-512', algorithm: 'sha512' },
  11: { name: 'SHA-224', algorithm: 'sha224' },
};
const SHA256 = 8;
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/** Takes it out of the two headers. METADATA_INVALID when a tag is not of its type: what cannot be read must not count as absent. */
export function readIntegrity(signature: RpmHeader, main: RpmHeader): PackageIntegrity {
  const algorithm = PAYLOAD_ALGORITHMS[main.number(PAYLOAD_TAG.algorithm) ?? SHA256];
  const md5 = binary(signature, SIGNATURE_TAG.md5)?.toString('hex');
  return {
    header: [
      ...digest(signature, [SIGNATURE_TAG.sha256], { name: 'SHA-256', algorithm: 'sha256' }),
      ...digest(signature, [SIGNATURE_TAG.sha1], { name: 'SHA-1', algorithm: 'sha1' }),
      ...digest(signature, [SIGNATURE_TAG.sha3], { name: 'SHA3-256', algorithm: 'sha3-256' }),
    ],
    payload: [
      ...(algorithm === undefined ? [] : digest(main, PAYLOAD_TAG.digest, algorithm)),
      ...digest(main, PAYLOAD_TAG.sha512, { name: 'SHA-512', algorithm: 'sha512' }),
      ...digest(main, PAYLOAD_TAG.sha3, { name: 'SHA3-256', algorithm: 'sha3-256' }),
    ],
    whole: md5 === undefined ? [] : [{ name: 'MD5', algorithm: 'md5', values: [md5] }],
    wholeSize: signature.number(SIGNATURE_TAG.longSize) ?? signature.number(SIGNATURE_TAG.size),
    signatures: [
      ...openPgpSignatures(signature),
      ...packetSignature(signature, SIGNATURE_TAG.rsa, { tag: 'RSA', over: 'header' }),
      ...packetSignature(signature, SIGNATURE_TAG.dsa, { tag: 'DSA', over: 'header' }),
      ...packetSignature(signature, SIGNATURE_TAG.pgp, { tag: 'PGP', over: 'whole' }),
      ...packetSignature(signature, SIGNATURE_TAG.gpg, { tag: 'GPG', over: 'whole' }),
    ],
  };
}

/** Of tags that are there; a main tag that is missing leaves its alternative without a meaning. */
function digest(header: RpmHeader, tags: readonly number[], kind: Pick<StatedDigest, 'name' | 'algorithm'>): StatedDigest[] {
  const [main = 0] = tags;
  if (!header.has(main)) return [];
  const values = tags
    .filter((tag) => header.has(tag))
    .map((tag) => {
      const value = header.string(tag);
      if (value === undefined) throw header.invalid(tag, 'is no text');
      return value.toLowerCase();
    });
  return [{ ...kind, values }];
}

function binary(header: RpmHeader, tag: number): Buffer | undefined {
  const value = header.binary(tag);
  if (value === undefined && header.has(tag)) throw header.invalid(tag, 'is not binary');
  return value;
}

function packetSignature(header: RpmHeader, tag: number, kind: Pick<PackageSignature, 'tag' | 'over'>): PackageSignature[] {
  const packets = binary(header, tag);
  return packets === undefined ? [] : [{ ...kind, packets }];
}

function openPgpSignatures(header: RpmHeader): PackageSignature[] {
  const tag = SIGNATURE_TAG.openPgp;
  const texts = header.strings(tag);
  if (texts === undefined && header.has(tag)) throw header.invalid(tag, 'is no text');
  return (texts ?? []).map((text): PackageSignature => {
    if (!BASE64.test(text)) throw header.invalid(tag, 'is not base64');
    return { tag: 'OPENPGP', over: 'header', packets: Buffer.from(text, 'base64') };
  });
}
