import { createHash, createVerify, type Hash, verify } from 'node:crypto';
import { padded, readMpis } from './mpi.ts';
import type { SignaturePacket } from './signature-packet.ts';
import type { VerifyingKey } from './verifying-key.ts';

interface HashKind {
  readonly name: string;
  /** As node:crypto names it; undefined for what is too weak to be trusted or does not exist. */
  readonly digest: string | undefined;
  /** Of a version 6 signature, in bytes. */
  readonly salt: number;
}

/** Hash algorithms (RFC 9580 section 9.5). */
const HASHES: Readonly<Record<number, HashKind>> = {
  1: { name: 'MD5', digest: undefined, salt: 0 },
  2: { name: 'SHA-1', digest: undefined, salt: 0 },
  3: { name: 'RIPEMD-160', digest: undefined, salt: 0 },
  8: { name: 'SHA-256', digest: 'sha256', salt: 16 },
  9: { name: 'SHA-384', digest: 'sha384', salt: 24 },
  10: { name: 'SHA-512', digest: 'sha512', salt: 32 },
  11: { name: 'SHA-224', digest: undefined, salt: 16 },
  12: { name: 'SHA3-256', digest: 'sha3-256', salt: 16 },
  14: { name: 'SHA3-512', digest: 'sha3-512', salt: 32 },
};

/** Why a signature is too weak to be trusted whoever made it ("uses SHA-1"), or undefined. */
export function weaknessOf(signature: SignaturePacket): string | undefined {
  if (signature.version === 3) return 'is of the outdated version 3';
  const hash = HASHES[signature.hashAlgorithm];
  if (hash === undefined) return `uses the unknown hash algorithm ${signature.hashAlgorithm}`;
  return hash.digest === undefined ? `uses ${hash.name}` : undefined;
}

/**
 * Whether the signature is right for the bytes and the key: the mathematics only. Numbers that cannot be a signature make it wrong.
 * @param bytes what the signature type says is hashed: the document itself, or its text with CRLF line ends.
 */
export function isMathematicallyGood(signature: SignaturePacket, key: VerifyingKey, bytes: Uint8Array): boolean {
  const hash = HASHES[signature.hashAlgorithm];
  if (hash?.digest === undefined || signature.publicKeyAlgorithm !== key.algorithm) return false;
  if (signature.version === 6 && signature.salt.length !== hash.salt) return false;
  try {
    return checkNumbers(signature, key, { digest: hash.digest, bytes });
  } catch {
    return false;
  }
}

interface Hashed {
  readonly digest: string;
  readonly bytes: Uint8Array;
}

function checkNumbers(signature: SignaturePacket, { scheme, key }: VerifyingKey, hashed: Hashed): boolean {
  switch (scheme.kind) {
    case 'rsa': {
      const [number = Buffer.alloc(0)] = readMpis(signature.material, 1);
      return feed(createVerify(hashed.digest), signature, hashed.bytes).verify(key, padded(number, scheme.modulusBytes));
    }
    case 'ecdsa': {
      const numbers = readMpis(signature.material, 2).map((number) => padded(number, scheme.coordinateBytes));
      const verifier = feed(createVerify(hashed.digest), signature, hashed.bytes);
      return verifier.verify({ key, dsaEncoding: 'ieee-p1363' }, Buffer.concat(numbers));
    }
    case 'eddsaLegacy': {
      const numbers = readMpis(signature.material, 2).map((number) => padded(number, 32));
      return verify(null, digestOf(signature, hashed), key, Buffer.concat(numbers));
    }
    case 'eddsa':
      return signature.material.length === scheme.signatureBytes && verify(null, digestOf(signature, hashed), key, signature.material);
  }
}

function digestOf(signature: SignaturePacket, hashed: Hashed): Buffer {
  return feed<Hash>(createHash(hashed.digest), signature, hashed.bytes).digest();
}

function feed<T extends { update(data: Uint8Array): unknown }>(sink: T, signature: SignaturePacket, bytes: Uint8Array): T {
  sink.update(signature.salt);
  sink.update(bytes);
  sink.update(signature.trailer);
  return sink;
}
