import { MirrorError, reasonOf } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { readArmor } from './armor.ts';
import { isBinary } from './key-file.ts';
import { PACKET, readPackets } from './packets.ts';
import { isMathematicallyGood, weaknessOf } from './signature-math.ts';
import { parseSignature, type SignaturePacket } from './signature-packet.ts';
import type { SigningPart } from './trusted-key.ts';
import type { GoodSignature } from './types.ts';

/** What signatures are checked over, in the two forms that signature types 0x00 and 0x01 ask for. */
export interface SignedBytes {
  readonly binary: Uint8Array;
  /** With CRLF line ends. Made only when a signature asks for it. */
  text(): Uint8Array;
}

export interface Verifier {
  readonly parts: readonly SigningPart[];
  /** Fingerprints of the primary keys that are trusted, for messages. */
  readonly trusted: readonly string[];
}

const MAX_SIGNATURES = 64;
/** Clocks differ; a signature from further ahead means that one of them is wrong. */
const CLOCK_TOLERANCE_MS = 24 * 60 * 60 * 1000;
const BINARY_DOCUMENT = 0x00;
const TEXT_DOCUMENT = 0x01;

/** How one signature packet turned out. `bad`: made with a trusted key's name on it, but not over these bytes. */
type Outcome =
  | { readonly kind: 'good'; readonly signature: GoodSignature }
  | { readonly kind: 'unknown' | 'weak' | 'refused' | 'bad'; readonly reason: string };

/**
 * Reads a detached signature, armored or binary: nothing but signature packets, and nothing around the armor. Packets of versions that
 * do not exist here are left out. Throws an Error that says what is wrong.
 */
export function readSignatures(bytes: Uint8Array): SignaturePacket[] {
  if (bytes.length > LIMITS.signature) throw new Error(`the signature has ${bytes.length} bytes, more than ${LIMITS.signature}`);
  const data = isBinary(bytes) ? bytes : unarmored(bytes);
  const packets = readPackets(data).filter((packet) => packet.tag !== PACKET.marker && packet.tag !== PACKET.padding);
  if (packets.length > MAX_SIGNATURES) throw new Error(`there are more than ${MAX_SIGNATURES} signatures`);
  if (packets.length === 0) throw new Error('there is no signature');
  return packets.flatMap((packet) => {
    if (packet.tag !== PACKET.signature) throw new Error(`an OpenPGP packet of type ${packet.tag} stands where only signatures may be`);
    const signature = parseSignature(packet.body);
    return signature === undefined ? [] : [signature];
  });
}

function unarmored(bytes: Uint8Array): Buffer {
  const blocks = readArmor(Buffer.from(bytes).toString('latin1'), { textAround: false });
  const other = blocks.find((block) => block.type !== 'PGP SIGNATURE');
  if (other !== undefined) throw new Error(`a "${other.type}" stands where only signatures may be`);
  if (blocks.length === 0) throw new Error('there is no signature');
  return Buffer.concat(blocks.map((block) => block.data));
}

/**
 * Gives the first good signature. Throws SIGNATURE_INVALID when there is none, or when one that a trusted key is named for is bad;
 * SIGNATURE_WEAK when trusted keys signed, but too weakly.
 */
export async function checkSignatures(
  verifier: Verifier,
  signatures: readonly SignaturePacket[],
  document: { readonly bytes: SignedBytes; readonly what: string; readonly now: Date },
): Promise<GoodSignature> {
  const outcomes: Outcome[] = [];
  for (const signature of signatures) outcomes.push(await checkOne(verifier, signature, document.bytes, document.now));

  const good = outcomes.find((outcome) => outcome.kind === 'good');
  const bad = outcomes.find((outcome) => outcome.kind === 'bad');
  if (good !== undefined && bad === undefined) return good.signature;
  throw failure(verifier, outcomes, document.what);
}

async function checkOne(verifier: Verifier, signature: SignaturePacket, bytes: SignedBytes, now: Date): Promise<Outcome> {
  const candidates = verifier.parts.filter((part) => names(signature, part));
  const issuer = signature.issuerFingerprint ?? signature.issuerKeyId ?? 'an unnamed key';
  if (candidates.length === 0) return { kind: 'unknown', reason: issuer };
  let outcome: Outcome | undefined;
  for (const part of candidates) {
    const one = await checkWith(part, signature, bytes, now);
    if (one.kind === 'good') return one;
    if (outcome === undefined || outcome.kind === 'bad') outcome = one;
  }
  return outcome ?? { kind: 'unknown', reason: issuer };
}

function names(signature: SignaturePacket, part: SigningPart): boolean {
  if (signature.issuerFingerprint !== undefined) return signature.issuerFingerprint === part.fingerprint;
  return signature.issuerKeyId === part.keyId;
}

async function checkWith(part: SigningPart, signature: SignaturePacket, bytes: SignedBytes, now: Date): Promise<Outcome> {
  if (signature.type !== BINARY_DOCUMENT && signature.type !== TEXT_DOCUMENT) {
    const type = signature.type.toString(16).padStart(2, '0');
    return { kind: 'refused', reason: `the signature by ${part.fingerprint} has the type 0x${type}, which is not that of a document` };
  }
  const weakness = weaknessOf(signature);
  if (weakness !== undefined) return { kind: 'weak', reason: `the signature by ${part.fingerprint} ${weakness}` };
  if ('weakness' in part.material) return { kind: 'weak', reason: `${part.fingerprint} ${part.material.weakness}` };

  const hashed = signature.type === TEXT_DOCUMENT ? bytes.text() : bytes.binary;
  if (!isMathematicallyGood(signature, part.material, hashed))
    return { kind: 'bad', reason: `the signature by ${part.fingerprint} does not match the content` };
  const reason = whenWrong(part, signature, now) ?? (await part.whyNot(now));
  if (reason !== undefined) return { kind: 'refused', reason: `${part.fingerprint} ${reason}` };
  return { kind: 'good', signature: { fingerprint: part.primary, signer: part.fingerprint, created: signature.created } };
}

function whenWrong(part: SigningPart, signature: SignaturePacket, now: Date): string | undefined {
  if (signature.unknownCritical.length > 0)
    return `signed with a critical condition (${signature.unknownCritical.join(', ')}) that is unknown`;
  if (signature.created < part.created) return 'is younger than its signature';
  if (signature.created > now.getTime() + CLOCK_TOLERANCE_MS)
    return `made its signature at ${new Date(signature.created).toISOString()}, which is in the future`;
  if (signature.expires !== undefined && signature.expires <= now.getTime())
    return `made a signature that expired at ${new Date(signature.expires).toISOString()}`;
  return undefined;
}

function failure(verifier: Verifier, outcomes: readonly Outcome[], what: string): MirrorError {
  const reasons = outcomes.flatMap((outcome) => (outcome.kind === 'good' || outcome.kind === 'unknown' ? [] : [outcome.reason]));
  const strangers = outcomes.flatMap((outcome) => (outcome.kind === 'unknown' ? [outcome.reason] : []));
  const trusted =
    verifier.trusted.length === 0
      ? 'no key is trusted'
      : `trusted ${verifier.trusted.length === 1 ? 'is' : 'are'} ${listed(verifier.trusted)}`;
  if (reasons.length === 0) {
    const by = strangers.length === 0 ? 'has no signature of a known version' : `is signed by ${listed(strangers)}`;
    const hint = 'If the upstream has a new key, check its fingerprint with the publisher and add it to `keys`.';
    return new MirrorError('SIGNATURE_INVALID', `${what} ${by}; ${trusted}`, { hint });
  }
  const weak = outcomes.every((outcome) => outcome.kind === 'weak' || outcome.kind === 'unknown');
  if (weak) {
    const hint = 'Signatures need SHA-256 or better and a key of RSA 2048, NIST P-256 or Ed25519 at least; ask the publisher for one.';
    return new MirrorError('SIGNATURE_WEAK', `the signature of ${what} is too weak: ${listed(reasons)}`, { hint });
  }
  const also = strangers.length === 0 ? '' : `; unknown keys signed too: ${listed(strangers)}`;
  return new MirrorError('SIGNATURE_INVALID', `${what} has no good signature: ${listed(reasons)}${also}; ${trusted}`);
}

function listed(entries: readonly string[]): string {
  const shown = [...new Set(entries)];
  return shown.length > 8 ? `${shown.slice(0, 8).join(', ')} and ${shown.length - 8} more` : shown.join(', ');
}

/** An Error of the pure parsers as SIGNATURE_INVALID for a document. */
export function malformed(what: string, error: unknown): MirrorError {
  return new MirrorError('SIGNATURE_INVALID', `the signature of ${what} is malformed: ${reasonOf(error)}`, { cause: error });
}
