import { MirrorError, reasonOf } from '../core/errors.ts';
import { type CleartextDocument, isCleartext, splitCleartext } from '../openpgp/cleartext.ts';
import type { Keyring } from '../openpgp/types.ts';

/** A document that may be signed around its text, as a .dsc or .changes. */
export interface SignedText {
  /** What alone may be parsed. */
  readonly text: Buffer;
  readonly isSigned: boolean;
  /** Fingerprint of the key that made the good signature; undefined when nothing was checked. */
  readonly signedBy: string | undefined;
}

/**
 * The text of a document, whose signature is checked where there are keys: SIGNATURE_MISSING, SIGNATURE_INVALID or SIGNATURE_WEAK then. METADATA_INVALID for a signed document
 * that is malformed where there are none.
 * @param what names the document in errors.
 */
export async function signedText(
  document: Buffer,
  what: string,
  trust: { readonly keyring: Keyring | undefined; readonly now: Date },
): Promise<SignedText> {
  const isSigned = isCleartext(document);
  if (trust.keyring !== undefined) {
    if (!isSigned) {
      const trusted = trust.keyring.keys.map((key) => key.fingerprint).join(', ');
      throw new MirrorError('SIGNATURE_MISSING', `${what} is not signed, and must be by one of ${trusted}`, {
        hint: 'Sign it with debsign.',
      });
    }
    const { bytes, signature } = await trust.keyring.verifyCleartext(document, what, trust.now);
    return { text: bytes, isSigned, signedBy: signature.fingerprint };
  }
  return { text: isSigned ? splitSigned(document, what).text : document, isSigned, signedBy: undefined };
}

/** A signed document taken apart, without a look at the signature. METADATA_INVALID when it is malformed. */
export function splitSigned(document: Buffer, what: string): CleartextDocument {
  try {
    return splitCleartext(document);
  } catch (error) {
    throw new MirrorError('METADATA_INVALID', `${what} is malformed: ${reasonOf(error)}`, { cause: error });
  }
}
