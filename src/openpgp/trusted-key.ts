import { type PublicKey, readKey, type Subkey } from 'openpgp';
import { reasonOf } from '../core/errors.ts';
import { writeArmor } from './armor.ts';
import type { Packet } from './packets.ts';
import { OPENPGP_CONFIG } from './policy.ts';
import type { TrustedKey } from './types.ts';
import { type VerifyingKey, verifyingKey, type WeakKey } from './verifying-key.ts';

/** A primary key or subkey that may have made a signature. */
export interface SigningPart {
  /** Upper-case hex, as all identifiers here. */
  readonly fingerprint: string;
  readonly keyId: string;
  /** Of the primary key. */
  readonly primary: string;
  /** In milliseconds since 1970. */
  readonly created: number;
  readonly material: VerifyingKey | WeakKey;
  /** Why it must not be trusted to sign at `now` ("expired on 2024-01-02"), or undefined when it may. */
  whyNot(now: Date): Promise<string | undefined>;
}

/** What one key of a file is good for. */
export interface KnownKey {
  readonly fingerprint: string;
  /** Undefined when no signature of the key can be trusted at any time. */
  readonly trusted: TrustedKey | undefined;
  /** Why `trusted` is undefined: "is revoked". */
  readonly unusable: string | undefined;
  readonly revoked: boolean;
  readonly parts: readonly SigningPart[];
}

/** Reads one public key from its packets. Throws an Error when they do not form a key. */
export async function readKnownKey(packets: readonly Packet[]): Promise<KnownKey> {
  const key = await parseKey(packets);
  const fingerprint = key.getFingerprint().toUpperCase();
  const revoked = await isRevoked(key);
  const unusable = revoked ? 'is revoked' : await whyUnusable(key);
  return {
    fingerprint,
    trusted: unusable === undefined ? await describe(key) : undefined,
    unusable,
    revoked,
    parts: [key, ...key.subkeys].map((part) => signingPart(key, part)),
  };
}

async function parseKey(packets: readonly Packet[]): Promise<PublicKey> {
  try {
    return await readKey({ binaryKey: Buffer.concat(packets.map((packet) => packet.whole)), config: OPENPGP_CONFIG });
  } catch (error) {
    const [primary] = packets;
    const material = primary === undefined ? undefined : verifyingKey(primary.body);
    if (material !== undefined && 'weakness' in material) throw new Error(`a key ${material.weakness}`);
    throw error;
  }
}

/** At any time: revocations for a reason that holds from a date on count whatever the date. */
function isRevoked(key: PublicKey): Promise<boolean> {
  return key.isRevoked(undefined, undefined, END_OF_TIME, OPENPGP_CONFIG);
}

const END_OF_TIME = new Date(8_640_000_000_000_000);

/** Why no part of the key can sign at any time. Expiry is left out of account: it is asked of the parts. */
async function whyUnusable(key: PublicKey): Promise<string | undefined> {
  const material = verifyingKey(Buffer.from(key.keyPacket.write()));
  if ('weakness' in material) return material.weakness;
  try {
    await key.getSigningKey(undefined, null, undefined, OPENPGP_CONFIG);
    return undefined;
  } catch (error) {
    return cannotSign(error);
  }
}

function cannotSign(error: unknown): string {
  return `cannot sign: ${reasonOf(error).replace(/^Could not find valid signing key packet in key [0-9a-f]+: /, '')}`;
}

async function describe(key: PublicKey): Promise<TrustedKey> {
  const expires = await key.getExpirationTime(undefined, OPENPGP_CONFIG);
  return {
    fingerprint: key.getFingerprint().toUpperCase(),
    userId: key.getUserIDs()[0] ?? '',
    algorithm: verifyingKey(Buffer.from(key.keyPacket.write())).description,
    expires: expires instanceof Date ? expires.getTime() : undefined,
    armored: writeArmor('PGP PUBLIC KEY BLOCK', key.write()),
  };
}

function signingPart(key: PublicKey, part: PublicKey | Subkey): SigningPart {
  const fingerprint = part.getFingerprint().toUpperCase();
  let asked: { second: number; answer: Promise<string | undefined> } | undefined;
  return {
    fingerprint,
    keyId: part.getKeyID().toHex().toUpperCase(),
    primary: key.getFingerprint().toUpperCase(),
    created: part.getCreationTime().getTime(),
    material: materialOf(part),
    whyNot(now) {
      // Thousands of packages are checked in a row; the answer can change once a second.
      const second = Math.floor(now.getTime() / 1000);
      if (asked?.second !== second) asked = { second, answer: whyNotAt(key, part, now) };
      return asked.answer;
    },
  };
}

function materialOf(part: PublicKey | Subkey): VerifyingKey | WeakKey {
  try {
    return verifyingKey(Buffer.from(part.keyPacket.write()));
  } catch (error) {
    return { algorithm: part.keyPacket.algorithm, description: 'malformed', weakness: `is malformed: ${reasonOf(error)}` };
  }
}

async function whyNotAt(key: PublicKey, part: PublicKey | Subkey, now: Date): Promise<string | undefined> {
  if (await isRevoked(key)) return 'is revoked';
  const expires = await key.getExpirationTime(undefined, OPENPGP_CONFIG);
  if (expires instanceof Date && expires <= now) return `expired on ${expires.toISOString().slice(0, 10)}`;
  try {
    const found = await key.getSigningKey(part.getKeyID(), now, undefined, OPENPGP_CONFIG);
    return found.getFingerprint() === part.getFingerprint() ? undefined : 'cannot sign: another subkey has the same key id';
  } catch (error) {
    return cannotSign(error);
  }
}
