import { MirrorError, reasonOf } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { splitCleartext } from './cleartext.ts';
import { isKeybox, splitKeyFile } from './key-file.ts';
import { type KnownKey, readKnownKey, type SigningPart } from './trusted-key.ts';
import type { GoodSignature, Keyring, TrustedKey } from './types.ts';
import { checkSignatures, malformed, readSignatures, type SignedBytes, type Verifier } from './verify.ts';

/** A file of public keys, and what to call it in messages. */
export interface KeyFile {
  readonly bytes: Uint8Array;
  readonly source: string;
}

/**
 * Reads files of public keys, armored or binary, with any number of keys each. Keys that can never be trusted (revoked, without a right
 * self-signature, too weak, unable to sign) are left out; a key that is revoked in one file is left out of all. Expired keys are read,
 * and refused when they are used. Throws KEY_INVALID for a file in which no key is usable.
 */
export async function readKeyring(files: readonly KeyFile[]): Promise<Keyring> {
  const known: KnownKey[] = [];
  for (const file of files) known.push(...(await readKeyFile(file)));
  const revoked = new Set(known.filter((key) => key.revoked).map((key) => key.fingerprint));
  const keys = new Map<string, TrustedKey>();
  for (const { trusted } of known) {
    if (trusted === undefined || revoked.has(trusted.fingerprint)) continue;
    const other = keys.get(trusted.fingerprint);
    if (other === undefined || expiry(other) < expiry(trusted)) keys.set(trusted.fingerprint, trusted);
  }
  const parts = known.flatMap((key) => key.parts.filter((part) => key.revoked || !revoked.has(part.primary)));
  return createKeyring([...keys.values()], { parts, trusted: [...keys.keys()] });
}

function expiry(key: TrustedKey): number {
  return key.expires ?? Number.POSITIVE_INFINITY;
}

async function readKeyFile(file: KeyFile): Promise<KnownKey[]> {
  const keys: KnownKey[] = [];
  const problems: string[] = [];
  try {
    for (const packets of splitKeyFile(file.bytes)) {
      try {
        const key = await readKnownKey(packets);
        keys.push(key);
        if (key.unusable !== undefined) problems.push(`${key.fingerprint} ${key.unusable}`);
      } catch (error) {
        problems.push(reasonOf(error));
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
  throw new MirrorError('KEY_INVALID', `${file.source} holds no usable key: ${problems.slice(0, 5).join('; ')}`);
}

function createKeyring(keys: readonly TrustedKey[], verifier: Verifier): Keyring {
  return {
    keys,
    limitedTo(fingerprints) {
      const among = ({ primary, fingerprint }: SigningPart): boolean =>
        fingerprints.some((entry) => entry === primary || entry === fingerprint || entry === `${fingerprint}!`);
      const parts = verifier.parts.filter(among);
      const left = keys.filter((key) => parts.some((part) => part.primary === key.fingerprint));
      return createKeyring(left, { parts, trusted: left.map((key) => key.fingerprint) });
    },
    async verifyDetached(bytes, signature, what, now): Promise<GoodSignature> {
      const signatures = parsed(() => readSignatures(signature), what);
      return checkSignatures(verifier, signatures, { bytes: detachedBytes(bytes), what, now });
    },
    async verifyCleartext(document, what, now) {
      if (document.length > LIMITS.signedDocument)
        throw new MirrorError('SIGNATURE_INVALID', `${what} has ${document.length} bytes, more than ${LIMITS.signedDocument}`);
      const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
      const split = parsed(() => splitCleartext(bytes), what);
      const signatures = parsed(() => readSignatures(Buffer.from(split.signatures, 'latin1')), what);
      // Some signers mark the signature of a cleartext document as one of binary data; the bytes that are hashed are the same.
      const signed = { binary: split.hashed, text: () => split.hashed };
      return { bytes: split.text, signature: await checkSignatures(verifier, signatures, { bytes: signed, what, now }) };
    },
  };
}

function parsed<T>(parse: () => T, what: string): T {
  try {
    return parse();
  } catch (error) {
    throw malformed(what, error);
  }
}

function detachedBytes(binary: Uint8Array): SignedBytes {
  let text: Uint8Array | undefined;
  return {
    binary,
    text() {
      text ??= withCrlf(binary);
      return text;
    },
  };
}

/** The bytes with each LF that no CR precedes made CRLF (RFC 9580 section 5.2.1.2). */
function withCrlf(bytes: Uint8Array): Uint8Array {
  const result = Buffer.allocUnsafe(bytes.length * 2);
  let length = 0;
  let previous = 0;
  for (const byte of bytes) {
    if (byte === 0x0a && previous !== 0x0d) result[length++] = 0x0d;
    result[length++] = byte;
    previous = byte;
  }
  return result.subarray(0, length);
}
