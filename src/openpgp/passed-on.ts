import { readArmor, writeArmor } from './armor.ts';
import { malformed, readSignatures } from './verify.ts';

/**
 * When the newest of some signatures was made: as of when a signature counts that was accepted once and is passed on since.
 * SIGNATURE_INVALID when it cannot be read.
 * @param otherwise where there is none.
 * @param what names the document in errors.
 */
export function signedAt(signature: Uint8Array, otherwise: Date, what: string): Date {
  try {
    const created = readSignatures(signature).map((one) => one.created);
    return created.length === 0 ? otherwise : new Date(Math.max(...created));
  } catch (error) {
    throw malformed(what, error);
  }
}

/** Several armored public keys as one block, for clients that take no more than one. */
export function combinedKey(keys: readonly { readonly armored: string }[]): string {
  const blocks = keys.flatMap(({ armored }) => readArmor(armored, { textAround: true }));
  return writeArmor('PGP PUBLIC KEY BLOCK', Buffer.concat(blocks.map(({ data }) => data)));
}
