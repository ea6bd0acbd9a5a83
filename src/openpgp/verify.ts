import { MirrorError, reasonOf } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { readArmor } from './armor.ts';
import { isBinary } from './key-file.ts';
import { PACKET, readPackets } from './packets.ts';
import { type RunningMath, startMath, weaknessOf } from './signature-math.ts';
import { parseSignature, type SignaturePacket } from './signature-packet.ts';
import { lineEndConverter } from './text-line-ends.ts';
import type { SigningPart } from './trusted-key.ts';
import type { CheckOptions, GoodSignature, RunningCheck, SignedPart } from './types.ts';
import { canVerify, keyWeakness } from './verifying-key.ts';
import { allowingHint, type Weakness, type WeakPolicy } from './weak-algorithms.ts';

export interface Verifier {
  readonly parts: readonly SigningPart[];
  /** Fingerprints of the primary keys that are trusted, for messages. */
  readonly trusted: readonly string[];
  readonly policy: WeakPolicy;
}

const MAX_SIGNATURES = 64;
/** Clocks differ; a signature from further ahead means that one of them is wrong. */
const CLOCK_TOLERANCE_MS = 24 * 60 * 60 * 1000;
const BINARY_DOCUMENT = 0x00;
const TEXT_DOCUMENT = 0x01;

/** How one signature packet turned out. `bad`: made with a trusted key's name on it, but not over these bytes. */
type Outcome =
  | { readonly kind: 'good'; readonly signature: GoodSignature }
  | { readonly kind: 'unknown' | 'refused' | 'bad'; readonly reason: string }
  | ({ readonly kind: 'weak' } & Weakness);

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

/** Begins to check signatures over documents. */
export function startCheck(verifier: Verifier, parts: readonly SignedPart[], { unexpired, what }: CheckOptions): RunningCheck {
  const running = parts.map(({ signatures }) => signatures.map((signature) => startOne(verifier, signature)));
  const asText = running.map((ones) => (ones.some(({ isText }) => isText) ? lineEndConverter() : undefined));
  return {
    update(index, bytes) {
      const text = asText[index]?.(bytes);
      for (const one of running[index] ?? []) {
        const hashed = one.isText ? (text ?? bytes) : bytes;
        for (const math of one.maths.values()) math.update(hashed);
      }
    },
    finish(now) {
      const outcomes = running.flatMap((ones, index) =>
        ones.map((one) => ({ outcome: outcomeOf(one, unexpired, now), part: parts[index] })),
      );
      const good = outcomes.find(({ outcome, part }) => part?.sufficient === true && outcome.kind === 'good')?.outcome;
      const spoilt = outcomes.some(
        ({ outcome, part }) => outcome.kind === 'bad' || (outcome.kind === 'unknown' && part?.allKnown === true),
      );
      if (good?.kind === 'good' && !spoilt) return good.signature;
      throw failure(
        verifier,
        outcomes.map(({ outcome }) => outcome),
        what,
      );
    },
  };
}

/** A signature while what it is over is being read. */
interface RunningSignature {
  readonly signature: SignaturePacket;
  readonly isText: boolean;
  /** Those that it may be by. */
  readonly candidates: readonly SigningPart[];
  /** By fingerprint of the candidates that are to be compared with it. */
  readonly maths: ReadonlyMap<string, RunningMath>;
  /** Why it is not compared at all. */
  readonly settled: Outcome | undefined;
  weaknessOf(part: SigningPart): Outcome | undefined;
}

function startOne({ parts, policy }: Verifier, signature: SignaturePacket): RunningSignature {
  const candidates = parts.filter((part) => names(signature, part));
  const weakness = weaknessOf(signature, policy.allowed);
  const settled = settledOutcome(signature, candidates);
  const weaknessIn = (part: SigningPart): Outcome | undefined => {
    if (weakness !== undefined) return { kind: 'weak', ...weakness, reason: `the signature by ${part.fingerprint} ${weakness.reason}` };
    const ofKey = keyWeakness(part.material, policy.allowed);
    return ofKey === undefined ? undefined : { kind: 'weak', ...ofKey, reason: `${part.fingerprint} ${ofKey.reason}` };
  };
  const maths = new Map<string, RunningMath>();
  if (settled === undefined) {
    for (const part of candidates) {
      if ('weakness' in part.material || maths.has(part.fingerprint) || weaknessIn(part) !== undefined) continue;
      maths.set(part.fingerprint, startMath(signature, part.material));
    }
  }
  return { signature, isText: signature.type === TEXT_DOCUMENT, candidates, maths, settled, weaknessOf: weaknessIn };
}

function settledOutcome(signature: SignaturePacket, candidates: readonly SigningPart[]): Outcome | undefined {
  const [first] = candidates;
  if (first === undefined) {
    const issuer = signature.issuerFingerprint ?? signature.issuerKeyId ?? 'an unnamed key';
    const algorithm = signature.publicKeyAlgorithm;
    return { kind: 'unknown', reason: canVerify(algorithm) ? issuer : `${issuer} (with the unknown public-key algorithm ${algorithm})` };
  }
  if (signature.type === BINARY_DOCUMENT || signature.type === TEXT_DOCUMENT) return undefined;
  const type = signature.type.toString(16).padStart(2, '0');
  return { kind: 'refused', reason: `the signature by ${first.fingerprint} has the type 0x${type}, which is not that of a document` };
}

function names(signature: SignaturePacket, part: SigningPart): boolean {
  if (signature.issuerFingerprint !== undefined) return signature.issuerFingerprint === part.fingerprint;
  return signature.issuerKeyId === part.keyId;
}

/** Good by any candidate is good; otherwise what is wrong with the key of one says more than that it is not by another. */
function outcomeOf(running: RunningSignature, unexpired: CheckOptions['unexpired'], now: Date): Outcome {
  if (running.settled !== undefined) return running.settled;
  const right = new Map([...running.maths].map(([fingerprint, math]) => [fingerprint, math.finish()]));
  const { created } = running.signature;
  const outcomes = running.candidates.map((part): Outcome => {
    const weak = running.weaknessOf(part);
    if (weak !== undefined) return weak;
    if (right.get(part.fingerprint) !== true)
      return { kind: 'bad', reason: `the signature by ${part.fingerprint} does not match the content` };
    const reason = whenWrong(part, running.signature, now) ?? part.whyNot(unexpired === 'now' ? now : new Date(created));
    if (reason !== undefined) return { kind: 'refused', reason: `${part.fingerprint} ${reason}` };
    return { kind: 'good', signature: { fingerprint: part.primary, signer: part.fingerprint, created } };
  });
  const [first] = outcomes;
  const best = outcomes.find(({ kind }) => kind === 'good') ?? outcomes.find(({ kind }) => kind !== 'bad') ?? first;
  return best ?? { kind: 'unknown', reason: 'an unnamed key' };
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
    const by =
      strangers.length === 0
        ? 'has no signature of a known version'
        : `is signed by ${listed(strangers)}, which is not among the trusted keys`;
    const hint = 'If the upstream has a new key, check its fingerprint with the publisher and add it to `keys`.';
    return new MirrorError('SIGNATURE_INVALID', `${what} ${by}; ${trusted}`, { hint });
  }
  if (outcomes.every(({ kind }) => kind === 'weak' || kind === 'unknown')) {
    const needed = outcomes.flatMap((outcome) => (outcome.kind === 'weak' ? [outcome.weak] : []));
    const strong = 'Signatures need SHA-224 or better and a key of RSA 2048, NIST P-256 or Ed25519 at least; ask the publisher for one.';
    const hint = [strong, allowingHint(verifier.policy, needed)].filter((part) => part !== undefined).join(' ');
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
