import { writeArmor } from './armor.ts';
import { type Certificate, readCertificate, type Statement, type Subkey } from './certificate.ts';
import type { KeyPacket } from './key-packet.ts';
import { BESIDE_KEYS, type Packet } from './packets.ts';
import type { TrustedKey } from './types.ts';
import { keyWeakness, type VerifyingKey, type WeakKey } from './verifying-key.ts';
import type { WeakAlgorithm, Weakness } from './weak-algorithms.ts';

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
  /** Why it must not be trusted to sign at a time ("expired on 2024-01-02"), or undefined when it may. */
  whyNot(at: Date): string | undefined;
}

/** What one key of a file is good for. */
export interface KnownKey {
  readonly fingerprint: string;
  /** Undefined when no signature of the key can be trusted at any time. */
  readonly trusted: TrustedKey | undefined;
  /** Why `trusted` is undefined: "is revoked". */
  readonly unusable: Weakness | undefined;
  readonly revoked: boolean;
  readonly parts: readonly SigningPart[];
}

const MAY_SIGN = 0x02;

/** Reads one public key from its packets, the primary key first. Throws an Error when they do not form a key. */
export function readKnownKey(packets: readonly Packet[], accepted: readonly WeakAlgorithm[]): KnownKey {
  const certificate = readCertificate(packets, accepted);
  const { fingerprint } = certificate.primary;
  const unusable = certificate.revoked ? { reason: 'is revoked', weak: undefined } : whyUnusable(certificate, accepted);
  return {
    fingerprint,
    trusted: unusable === undefined ? describe(certificate, packets) : undefined,
    unusable,
    revoked: certificate.revoked,
    parts: [
      signingPart(certificate, certificate.primary, (at) => whyPrimaryCannot(certificate, at)),
      ...certificate.subkeys.map((subkey) => signingPart(certificate, subkey.key, (at) => whySubkeyCannot(certificate, subkey, at))),
    ],
  };
}

function signingPart({ primary }: Certificate, key: KeyPacket, whyNot: (at: Date) => string | undefined): SigningPart {
  const { created, fingerprint, keyId, material } = key;
  return { fingerprint, keyId, primary: primary.fingerprint, created, material, whyNot };
}

/** Why no part of the key can sign at any time. Expiry is left out of account: it is asked of the parts. */
function whyUnusable(certificate: Certificate, accepted: readonly WeakAlgorithm[]): Weakness | undefined {
  const weakness = keyWeakness(certificate.primary.material, accepted);
  if (weakness !== undefined) return weakness;
  if (certificate.self === undefined && certificate.weakness !== undefined) return certificate.weakness;
  let reason = whyPrimaryCannot(certificate, undefined);
  for (const subkey of certificate.subkeys) {
    if (reason === undefined) return undefined;
    reason = keyWeakness(subkey.key.material, accepted)?.reason ?? whySubkeyCannot(certificate, subkey, undefined);
  }
  return reason === undefined ? undefined : { reason, weak: undefined };
}

function whyPrimaryCannot({ revoked, self }: Certificate, at: Date | undefined): string | undefined {
  if (revoked) return 'is revoked';
  if (self === undefined) return 'cannot sign: it has no valid signature over itself';
  return whenExpired(self, at) ?? (maySign(self) ? undefined : 'cannot sign: it is for other uses');
}

function whySubkeyCannot({ revoked, self }: Certificate, subkey: Subkey, at: Date | undefined): string | undefined {
  if (revoked) return 'is revoked';
  if (self === undefined) return 'cannot sign: its primary key has no valid signature over itself';
  const { agreed, binding } = subkey;
  if (subkey.revoked) return 'cannot sign: the subkey is revoked';
  if (binding === undefined) return 'cannot sign: its primary key does not vouch for it';
  if (!maySign(binding)) return 'cannot sign: it is for other uses';
  if (!agreed) return 'cannot sign: it has not signed its binding to the primary key';
  return whenExpired(self, at) ?? whenExpired(binding, at);
}

function maySign({ flags }: Statement): boolean {
  return flags === undefined || (flags & MAY_SIGN) !== 0;
}

function whenExpired({ expires }: Statement, at: Date | undefined): string | undefined {
  if (at === undefined || expires === undefined || at.getTime() < expires) return undefined;
  return `expired on ${new Date(expires).toISOString().slice(0, 10)}`;
}

function describe({ primary, self, userId }: Certificate, packets: readonly Packet[]): TrustedKey {
  const own = packets.filter(({ tag }) => !BESIDE_KEYS.includes(tag)).map(({ whole }) => whole);
  return {
    fingerprint: primary.fingerprint,
    userId,
    algorithm: primary.material.description,
    expires: self?.expires,
    armored: writeArmor('PGP PUBLIC KEY BLOCK', Buffer.concat(own)),
  };
}
