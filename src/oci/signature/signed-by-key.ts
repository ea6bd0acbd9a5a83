import { type KeyObject, verify } from 'node:crypto';
import type { TrustedKey } from './trust.ts';

/** The first key that made a signature of the data; undefined where none did. A signature is as cosign makes it: ECDSA in DER, RSA by PKCS #1 v1.5. */
export function signerOf(data: Uint8Array, signature: Uint8Array, keys: readonly TrustedKey[]): TrustedKey | undefined {
  return keys.find(({ key }) => hashesOf(key).some((hash) => isSigned(hash, data, key, signature)));
}

/** cosign signs with SHA-256 whatever the key; newer versions with what fits the curve. Ed25519 has its own. */
function hashesOf(key: KeyObject): readonly (string | null)[] {
  if (key.asymmetricKeyType === 'ed25519') return [null];
  switch (key.asymmetricKeyDetails?.namedCurve) {
    case 'secp384r1':
      return ['sha256', 'sha384'];
    case 'secp521r1':
      return ['sha256', 'sha512'];
    default:
      return ['sha256'];
  }
}

function isSigned(hash: string | null, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  try {
    return verify(hash, data, key, signature);
  } catch {
    // A signature that is malformed for the kind of the key.
    return false;
  }
}
