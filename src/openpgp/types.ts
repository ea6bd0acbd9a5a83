import type { SignaturePacket } from './signature-packet.ts';

/** A public key that may verify signatures. */
export interface TrustedKey {
  /** Of the primary key, upper-case hex. */
  readonly fingerprint: string;
  readonly userId: string;
  readonly algorithm: string;
  /** In milliseconds since 1970; undefined when the key does not expire. */
  readonly expires?: number | undefined;
  /** Only the primary key and the packets that belong to it, armored with a CRC24 line. */
  readonly armored: string;
}

/** Who made a good signature, and when. */
export interface GoodSignature {
  /** Of the primary key, upper-case hex. */
  readonly fingerprint: string;
  /** Of the key or subkey that signed, upper-case hex. */
  readonly signer: string;
  /** In milliseconds since 1970. */
  readonly created: number;
}

/** Signatures over one and the same bytes, which are a whole document or a part of one. */
export interface SignedPart {
  readonly signatures: readonly SignaturePacket[];
  /** Whether a good one of them vouches for the whole document. Otherwise they count only when they are bad: then the document is refused. */
  readonly sufficient: boolean;
  /** Whether one by an unknown key spoils the good ones, too. */
  readonly allKnown?: boolean | undefined;
}

/** How a document is checked that is not in memory. */
export interface CheckOptions {
  /** Names the document in errors. */
  readonly what: string;
  /**
   * When a key must be unexpired: `now`, or when it `signed`, for documents that are passed on unchanged for many years. Revoked it must not be in any case.
   */
  readonly unexpired: 'now' | 'signed';
}

/** A document that is checked while it is read. */
export interface RunningCheck {
  /** The next bytes that the signatures of the part with this index are over. */
  update(part: number, bytes: Uint8Array): void;
  /** Once, when all bytes were given. Throws SIGNATURE_INVALID (says which keys signed and which are trusted) or SIGNATURE_WEAK. */
  finish(now: Date): GoodSignature;
}

/**
 * Public keys that are trusted for one upstream. A signature is good when at least one signature packet was made by a trusted,
 * unexpired, unrevoked key over exactly the bytes given, with a hash and a key that are strong or that the configuration accepts; signatures by
 * unknown keys do not matter, and one in the name of a trusted key that is not over these bytes spoils the good ones.
 */
export interface Keyring {
  readonly keys: readonly TrustedKey[];
  /**
   * The same keys as far as they are among these fingerprints, upper-case hex: of a primary key, which stands for its subkeys too, or of one key that
   * signs. One with a `!` behind it stands for that very key only.
   */
  limitedTo(fingerprints: readonly string[]): Keyring;
  /**
   * Checks a detached signature, armored or binary, which may hold several signature packets.
   * `what` names the document in errors: SIGNATURE_INVALID (says which keys signed and which are trusted) or SIGNATURE_WEAK.
   */
  verifyDetached(bytes: Uint8Array, signature: Uint8Array, what: string, now: Date): Promise<GoodSignature>;
  /** Begins to check detached signatures over something that is read piece by piece. */
  startCheck(parts: readonly SignedPart[], options: CheckOptions): RunningCheck;
  /** Checks a cleartext-signed document such as InRelease and gives exactly the signed bytes, which alone may be parsed. */
  verifyCleartext(document: Uint8Array, what: string, now: Date): Promise<{ readonly bytes: Buffer; readonly signature: GoodSignature }>;
}

/** Makes signatures with the configured key. */
export interface Signer {
  /** Of the primary key, upper-case hex. */
  readonly fingerprint: string;
  /** The public key, armored with a CRC24 line. */
  readonly publicKey: string;
  /** A detached armored signature over the bytes, dated `time`. */
  signDetached(bytes: Uint8Array, time: Date): Promise<string>;
  /** A cleartext-signed document (InRelease) over the text, dated `time`. */
  signCleartext(text: string, time: Date): Promise<string>;
}
