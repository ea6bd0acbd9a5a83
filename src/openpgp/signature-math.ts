import { createHash, createVerify, verify } from 'node:crypto';
import { padded, readMpis } from './mpi.ts';
import type { SignaturePacket } from './signature-packet.ts';
import type { VerifyingKey } from './verifying-key.ts';
import type { WeakAlgorithm, Weakness } from './weak-algorithms.ts';

interface HashKind {
  readonly name: string;
  /** As node:crypto names it; undefined for what is never accepted. */
  readonly digest: string | undefined;
  /** Of a version 6 signature, in bytes. */
  readonly salt: number;
  readonly weak?: WeakAlgorithm;
}

/** Hash algorithms (RFC 9580 section 9.5). */
const HASHES: Readonly<Record<number, HashKind>> = {
  1: { name: 'MD5', digest: 'md5', salt: 0, weak: 'md5' },
  2: { name: 'SHA-1', digest: 'sha1', salt: 0, weak: 'sha1' },
  3: { name: 'RIPEMD-160', digest: undefined, salt: 0 },
  8: { name: 'SHA-256', digest: 'sha256', salt: 16 },
  9: { name: 'SHA-384', digest: 'sha384', salt: 24 },
  10: { name: 'SHA-512', digest: 'sha512', salt: 32 },
  11: { name: 'SHA-224', digest: 'sha224', salt: 16 },
  12: { name: 'SHA3-256', digest: 'sha3-256', salt: 16 },
  14: { name: 'SHA3-512', digest: 'sha3-512', salt: 32 },
};

/** The weakness of a signature's hash, or undefined when it is strong or among what is accepted. */
export function weaknessOf({ hashAlgorithm }: SignaturePacket, accepted: readonly WeakAlgorithm[]): Weakness | undefined {
  const hash = HASHES[hashAlgorithm];
  if (hash === undefined) return { reason: `uses the unknown hash algorithm ${hashAlgorithm}`, weak: undefined };
  if (hash.digest === undefined || (hash.weak !== undefined && !accepted.includes(hash.weak)))
    return { reason: `uses ${hash.name}`, weak: hash.weak };
  return undefined;
}

/** A signature that is being compared with bytes as they are read. */
export interface RunningMath {
  /** The next bytes of what the signature type says is hashed: the document itself, or its text with CRLF line ends. */
  update(bytes: Uint8Array): void;
  /** Whether the signature is right for the bytes and the key: the mathematics only. Once. */
  finish(): boolean;
}

/** Begins to compare. Numbers that cannot be a signature by the key make it wrong. */
export function startMath(signature: SignaturePacket, { algorithm, scheme, key }: VerifyingKey): RunningMath {
  const hash = HASHES[signature.hashAlgorithm];
  const saltFits = signature.version !== 6 || signature.salt.length === hash?.salt;
  if (hash?.digest === undefined || !saltFits || signature.publicKeyAlgorithm !== algorithm) return NEVER_GOOD;
  switch (scheme.kind) {
    case 'rsa':
      return running(createVerify(hash.digest), signature, (sink) => sink.verify(key, numbersOf(signature, 1, scheme.modulusBytes)));
    case 'dsa':
    case 'ecdsa': {
      const dsaEncoding = 'ieee-p1363';
      return running(createVerify(hash.digest), signature, (sink) =>
        sink.verify({ key, dsaEncoding }, numbersOf(signature, 2, scheme.numberBytes)),
      );
    }
    // Edwards curves sign the digest as if it were the message.
    case 'eddsaLegacy':
      return running(createHash(hash.digest), signature, (sink) => verify(null, sink.digest(), key, numbersOf(signature, 2, 32)));
    case 'eddsa':
      if (signature.material.length !== scheme.signatureBytes) return NEVER_GOOD;
      return running(createHash(hash.digest), signature, (sink) => verify(null, sink.digest(), key, signature.material));
  }
}

/** Whether the signature is right for the bytes and the key. */
export function isMathematicallyGood(signature: SignaturePacket, key: VerifyingKey, bytes: Uint8Array): boolean {
  const running = startMath(signature, key);
  running.update(bytes);
  return running.finish();
}

const NEVER_GOOD: RunningMath = { update: () => undefined, finish: () => false };

function running<T extends { update(data: Uint8Array): unknown }>(
  sink: T,
  { salt, trailer }: SignaturePacket,
  check: (sink: T) => boolean,
): RunningMath {
  sink.update(salt);
  return {
    update: (bytes) => {
      sink.update(bytes);
    },
    finish: () => {
      sink.update(trailer);
      try {
        return check(sink);
      } catch {
        // Numbers that cannot be a signature by the key.
        return false;
      }
    },
  };
}

function numbersOf(signature: SignaturePacket, count: number, width: number): Buffer {
  const numbers = readMpis(signature.material, count).map((number) => padded(number, width));
  return count === 1 ? (numbers[0] ?? Buffer.alloc(0)) : Buffer.concat(numbers);
}
