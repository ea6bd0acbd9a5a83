import { hash } from 'node:crypto';

/** Algorithms of digests that content is accepted by: those that the OCI image specification registers and that every client knows. */
export const DIGEST_ALGORITHMS = ['sha256', 'sha512'] as const;
export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];

/** The parts of a digest such as `sha256:6c3c…`. */
export interface Digest {
  readonly algorithm: DigestAlgorithm;
  /** Lower-case hex. */
  readonly encoded: string;
}

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
/** Any digest that the grammar of the specification allows, of whatever algorithm. */
const DIGEST_GRAMMAR = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]+$/;
const KNOWN_ALGORITHM = /^sha(?:256|512):/;

/** Whether the text is a digest of an algorithm that is known here. Check this before a digest is looked up or becomes part of a path. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** The parts of a digest; undefined where it is malformed or of another algorithm. */
export function parseDigest(text: string): Digest | undefined {
  if (!isDigest(text)) return undefined;
  const colon = text.indexOf(':');
  return { algorithm: text.slice(0, colon) as DigestAlgorithm, encoded: text.slice(colon + 1) };
}

/** Whether the text is a digest by the image specification (descriptor.md), though perhaps of an algorithm that is not known here. */
export function looksLikeDigest(text: string): boolean {
  return KNOWN_ALGORITHM.test(text) ? isDigest(text) : DIGEST_GRAMMAR.test(text);
}

/** The digest of some bytes. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): string {
  return `${algorithm}:${hash(algorithm, bytes, 'hex')}`;
}

/** Whether these are the bytes that a digest names. False for a digest that is none. */
export function hasDigest(bytes: Uint8Array, digest: string): boolean {
  const parts = parseDigest(digest);
  return parts !== undefined && digestOf(bytes, parts.algorithm) === digest;
}
