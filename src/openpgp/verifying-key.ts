import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { dsaPublicKeyInfo } from './dsa-public-key.ts';
import { padded, readMpis } from './mpi.ts';
import type { WeakAlgorithm, Weakness } from './weak-algorithms.ts';

/** Public-key algorithms (RFC 9580 section 9.1) that can sign. */
const ALGORITHM = { rsa: 1, rsaSign: 3, dsa: 17, ecdsa: 19, eddsaLegacy: 22, ed25519: 27, ed448: 28 } as const;

/** How the numbers of a signature become what node:crypto checks. */
type SignatureScheme =
  | { readonly kind: 'rsa'; readonly modulusBytes: number }
  | { readonly kind: 'dsa' | 'ecdsa'; readonly numberBytes: number }
  | { readonly kind: 'eddsaLegacy' }
  | { readonly kind: 'eddsa'; readonly signatureBytes: number };

/** The public key of one key packet, ready to check signatures with. */
export interface VerifyingKey {
  readonly algorithm: number;
  /** For a person: "RSA 4096", "Ed25519". */
  readonly description: string;
  readonly scheme: SignatureScheme;
  readonly key: KeyObject;
  /** What has to be accepted before the key is; undefined for one that is strong. */
  readonly weak?: WeakAlgorithm | undefined;
}

/** A key that this program does not trust signatures of, and why: "is a DSA key". */
export interface WeakKey {
  readonly algorithm: number;
  readonly description: string;
  readonly weakness: string;
}

/** Why signatures by the key must not be trusted, and what would have to be accepted for them; undefined where they may. */
export function keyWeakness(material: VerifyingKey | WeakKey, accepted: readonly WeakAlgorithm[]): Weakness | undefined {
  if ('weakness' in material) return { reason: material.weakness, weak: undefined };
  if (material.weak === undefined || accepted.includes(material.weak)) return undefined;
  return { reason: 'is a DSA key', weak: material.weak };
}

const MIN_RSA_BITS = 2048;
const MIN_DSA_BITS = 1024;
const MAX_DSA_BITS = 4096;
const MAX_RSA_BITS = 16_384;
const NIST_CURVES: Readonly<Record<string, { readonly crv: string; readonly bytes: number }>> = {
  '2a8648ce3d030107': { crv: 'P-256', bytes: 32 },
  '2b81040022': { crv: 'P-384', bytes: 48 },
  '2b81040023': { crv: 'P-521', bytes: 66 },
};
const ED25519_OID = '2b06010401da470f01';

/** Whether there are keys of the public-key algorithm here. */
export function canVerify(algorithm: number): boolean {
  return Object.values(ALGORITHM).some((one) => one === algorithm);
}

/**
 * The public key in the body of a public (sub)key packet of version 4 or 6 (RFC 9580 section 5.5.2): RSA of 2048 bits or more, ECDSA on a
 * NIST curve, Ed25519 or Ed448; DSA, marked as weak. A weaker or other algorithm gives a WeakKey. Throws an Error for a packet that is malformed.
 */
export function verifyingKey(body: Buffer): VerifyingKey | WeakKey {
  const version = body[0];
  if (body.length < 10) throw new Error('a key packet is cut short');
  const algorithm = body.readUInt8(5);
  const material = body.subarray(version === 6 ? 10 : 6);
  switch (algorithm) {
    case ALGORITHM.rsa:
    case ALGORITHM.rsaSign:
      return rsa(algorithm, material);
    case ALGORITHM.ecdsa:
      return ecdsa(algorithm, material);
    case ALGORITHM.eddsaLegacy:
      return eddsaLegacy(algorithm, material);
    case ALGORITHM.ed25519:
      return edwards(algorithm, material, { crv: 'Ed25519', keyBytes: 32, signatureBytes: 64 });
    case ALGORITHM.ed448:
      return edwards(algorithm, material, { crv: 'Ed448', keyBytes: 57, signatureBytes: 114 });
    case ALGORITHM.dsa:
      return dsa(algorithm, material);
    default:
      return {
        algorithm,
        description: `algorithm ${algorithm}`,
        weakness: `has the public-key algorithm ${algorithm}, which is not supported`,
      };
  }
}

function rsa(algorithm: number, material: Buffer): VerifyingKey | WeakKey {
  const [n = Buffer.alloc(0), e = Buffer.alloc(0)] = readMpis(material, 2);
  const bits = bitsOf(n);
  const description = `RSA ${bits}`;
  if (bits < MIN_RSA_BITS) return { algorithm, description, weakness: `is an RSA key of only ${bits} bits` };
  if (bits > MAX_RSA_BITS || e.length > 4) return { algorithm, description, weakness: `is an RSA key of an unreasonable size` };
  // With 1 everybody can sign, and no even one belongs to a key.
  if (((e.at(-1) ?? 0) & 1) === 0 || bitsOf(e) < 2)
    return { algorithm, description, weakness: 'is an RSA key with an impossible exponent' };
  const key = fromJwk({ kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') });
  return { algorithm, description, scheme: { kind: 'rsa', modulusBytes: n.length }, key };
}

function dsa(algorithm: number, material: Buffer): VerifyingKey | WeakKey {
  const [p = Buffer.alloc(0), q = Buffer.alloc(0), g = Buffer.alloc(0), y = Buffer.alloc(0)] = readMpis(material, 4);
  const bits = bitsOf(p);
  const description = `DSA ${bits}`;
  if (bits < MIN_DSA_BITS) return { algorithm, description, weakness: `is a DSA key of only ${bits} bits` };
  if (bits > MAX_DSA_BITS || ![160, 224, 256].includes(bitsOf(q)))
    return { algorithm, description, weakness: 'is a DSA key of an unreasonable size' };
  const key = createPublicKey({ key: dsaPublicKeyInfo({ p, q, g, y }), format: 'der', type: 'spki' });
  return { algorithm, description, scheme: { kind: 'dsa', numberBytes: q.length }, key, weak: 'dsa' };
}

/** Without leading zeros: a number that is padded with them is no larger for it. */
function bitsOf(number: Buffer): number {
  const first = number.findIndex((byte) => byte !== 0);
  return first === -1 ? 0 : (number.length - first) * 8 - Math.clz32(number[first] ?? 0) + 24;
}

function ecdsa(algorithm: number, material: Buffer): VerifyingKey | WeakKey {
  const { oid, point } = readCurvePoint(material);
  const curve = NIST_CURVES[oid];
  if (curve === undefined) return { algorithm, description: 'ECDSA', weakness: 'is an ECDSA key on a curve that is not supported' };
  if (point.length !== 1 + 2 * curve.bytes || point[0] !== 4) throw new Error('the point of an ECDSA key is malformed');
  const x = point.subarray(1, 1 + curve.bytes).toString('base64url');
  const y = point.subarray(1 + curve.bytes).toString('base64url');
  const key = fromJwk({ kty: 'EC', crv: curve.crv, x, y });
  return { algorithm, description: `ECDSA ${curve.crv}`, scheme: { kind: 'ecdsa', numberBytes: curve.bytes }, key };
}

function eddsaLegacy(algorithm: number, material: Buffer): VerifyingKey | WeakKey {
  const { oid, point } = readCurvePoint(material);
  if (oid !== ED25519_OID) return { algorithm, description: 'EdDSA', weakness: 'is an EdDSA key on a curve that is not supported' };
  if (point.length !== 33 || point[0] !== 0x40) throw new Error('the point of an EdDSA key is malformed');
  const key = fromJwk({ kty: 'OKP', crv: 'Ed25519', x: point.subarray(1).toString('base64url') });
  return { algorithm, description: 'Ed25519', scheme: { kind: 'eddsaLegacy' }, key };
}

function edwards(
  algorithm: number,
  material: Buffer,
  curve: { readonly crv: string; readonly keyBytes: number; readonly signatureBytes: number },
): VerifyingKey {
  if (material.length !== curve.keyBytes) throw new Error(`an ${curve.crv} key has ${material.length} bytes`);
  const key = fromJwk({ kty: 'OKP', crv: curve.crv, x: material.toString('base64url') });
  return { algorithm, description: curve.crv, scheme: { kind: 'eddsa', signatureBytes: curve.signatureBytes }, key };
}

function readCurvePoint(material: Buffer): { oid: string; point: Buffer } {
  const length = material.readUInt8(0);
  const [point = Buffer.alloc(0)] = readMpis(material.subarray(1 + length), 1);
  return { oid: material.subarray(1, 1 + length).toString('hex'), point: padded(point, point.length) };
}

function fromJwk(key: JsonWebKey): KeyObject {
  return createPublicKey({ key, format: 'jwk' });
}
