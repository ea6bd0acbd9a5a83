import { MirrorError, reasonOf } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { splitCleartext } from './cleartext.ts';
import { isKeybox, splitKeyFile } from './key-file.ts';
import type { SignaturePacket } from './signature-packet.ts';
import { type KnownKey, readKnownKey, type SigningPart } from './trusted-key.ts';
import type { GoodSignature, Keyring, TrustedKey } from './types.ts';
import { malformed, readSignatures, startCheck, type Verifier } from './verify.ts';
import { allowingHint, STRICT, type Weakness, type WeakPolicy } from './weak-algorithms.ts';

/** A file of public keys, and what to call it in messages. */
export interface KeyFile {
  readonly bytes: Uint8Array;
  readonly source: string;
}

/**
 * Reads files of public keys, armored or binary, with any number of keys each. Keys that can never be trusted (revoked, without a right
 * self-signature, too weak, unable to sign) are left out; a key that is revoked in one file is left out of all. Expired keys are read,
 * and refused when they are used. Throws KEY_INVALID for a file in which no key is usable.
 * @param policy what is accepted although it is weak, of keys and of what they sign.
 */
export async function readKeyring(files: readonly KeyFile[], policy: WeakPolicy = STRICT): Promise<Keyring> {
  const known = files.flatMap((file) => readKeyFile(file, policy));
  const revoked = new Set(known.filter((key) => key.revoked).map((key) => key.fingerprint));
  const keys = new Map<string, TrustedKey>();
  for (const { trusted } of known) {
    if (trusted === undefined || revoked.has(trusted.fingerprint)) continue;
    const other = keys.get(trusted.fingerprint);
    if (other === undefined || expiry(other) < expiry(trusted)) keys.set(trusted.fingerprint, trusted);
  }
  const parts = known.flatMap((key) => key.parts.filter((part) => key.revoked || !revoked.has(part.primary)));
  return createKeyring([...keys.values()], { parts, trusted: [...keys.keys()], policy });
}

function expiry(key: TrustedKey): number {
  return key.expires ?? Number.POSITIVE_INFINITY;
}

function readKeyFile(file: KeyFile, policy: WeakPolicy): KnownKey[] {
  const keys: KnownKey[] = [];
  const problems: Weakness[] = [];
  try {
    for (const packets of splitKeyFile(file.bytes)) {
      try {
        const key = readKnownKey(packets, policy.allowed);
        keys.push(key);
        if (key.unusable !== undefined) problems.push({ ...key.unusable, reason: `${key.fingerprint} ${key.unusable.reason}` });
      } catch (error) {
        problems.push({ reason: reasonOf(error), weak: undefined });
      }
    }
  } catch (error) {
    const hint = isKeybox(file.bytes)
      ? `Export the keys from it: gpg --no-default-keyring --keyring ${file.source} --export > keys.gpg`
      : undefined;
    throw new MirrorError('KEY_INVALID', `${file.source} cannot be read as OpenPGP public keys: ${reasonOf(error)}`, {
      hint,
      cause: error,
    });
  }
  if (keys.some((key) => key.trusted !== undefined)) return keys;
  const reasons = problems.slice(0, 5).map(({ reason }) => reason);
  const needed = problems.map(({ weak }) => weak);
  throw new MirrorError('KEY_INVALID', `${file.source} holds no usable key: ${reasons.join('; ')}`, { hint: allowingHint(policy, needed) });
}

function createKeyring(keys: readonly TrustedKey[], verifier: Verifier): Keyring {
  return {
    keys,
    limitedTo(fingerprints) {
      const among = ({ primary, fingerprint }: SigningPart): boolean =>
        fingerprints.some((entry) => entry === primary || entry === fingerprint || entry === `${fingerprint}!`);
      const parts = verifier.parts.filter(among);
      const left = keys.filter((key) => parts.some((part) => part.primary === key.fingerprint));
      return createKeyring(left, { ...verifier, parts, trusted: left.map((key) => key.fingerprint) });
    },
    startCheck: (parts, options) => startCheck(verifier, parts, options),
    async verifyDetached(bytes, signature, what, now): Promise<GoodSignature> {
      const signatures = parsed(() => readSignatures(signature), what);
      return checkWhole(verifier, signatures, { bytes, what, now });
    },
    async verifyCleartext(document, what, now) {
      if (document.length > LIMITS.signedDocument)
        throw new MirrorError('SIGNATURE_INVALID', `${what} has ${document.length} bytes, more than ${LIMITS.signedDocument}`);
      const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
      const split = parsed(() => splitCleartext(bytes), what);
      const signatures = parsed(() => readSignatures(Buffer.from(split.signatures, 'latin1')), what);
      // Some signers mark the signature of a cleartext document as one of binary data; the bytes that are hashed are the same.
      return { bytes: split.text, signature: checkWhole(verifier, signatures, { bytes: split.hashed, what, now }) };
    },
  };
}

interface WholeDocument {
  readonly bytes: Uint8Array;
  readonly what: string;
  readonly now: Date;
}

function checkWhole(verifier: Verifier, signatures: readonly SignaturePacket[], { bytes, what, now }: WholeDocument): GoodSignature {
  const check = startCheck(verifier, [{ signatures, sufficient: true }], { what, unexpired: 'now' });
  check.update(0, bytes);
  return check.finish(now);
}

function parsed<T>(parse: () => T, what: string): T {
  try {
    return parse();
  } catch (error) {
    throw malformed(what, error);
  }
}
