import type { PublicKey } from '../store/catalogue.ts';

/**
 * A text that is equal exactly for the same keys as they are now: a subkey that was revoked, or a later expiry, makes another text although
 * the fingerprint stays.
 */
export function keyText(keys: readonly PublicKey[]): string {
  return JSON.stringify(keys.map(({ fingerprint, armored }) => [fingerprint, armored]));
}
