import { hash } from 'node:crypto';

/** Checksum algorithms that repositories use, weakest first. */
export const CHECKSUM_ALGORITHMS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** A checksum as metadata states it; `value` is lower-case hex. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
}

/** What is known about a file before it is fetched. Every stated property must hold of the bytes. */
export interface Expected {
  /** Exact size in bytes. */
  readonly size?: number | undefined;
  readonly checksums: readonly Checksum[];
}

const HEX_LENGTH: Readonly<Record<ChecksumAlgorithm, number>> = { md5: 32, sha1: 40, sha224: 56, sha256: 64, sha384: 96, sha512: 128 };
const HEX = /^[0-9a-f]+$/;

/** Whether the text is a lower-case hex SHA-256. Check this before a digest becomes part of a path. */
export function isSha256(text: string): boolean {
  return text.length === 64 && HEX.test(text);
}

/** A checksum from its stated algorithm and value, or undefined when the value cannot be one (wrong length, not hex). */
export function checksum(algorithm: ChecksumAlgorithm, value: string): Checksum | undefined {
  const lower = value.toLowerCase();
  return lower.length === HEX_LENGTH[algorithm] && HEX.test(lower) ? { algorithm, value: lower } : undefined;
}

/** The strongest of some checksums. */
export function strongest(checksums: readonly Checksum[]): Checksum | undefined {
  let best: Checksum | undefined;
  for (const candidate of checksums) {
    if (best === undefined || CHECKSUM_ALGORITHMS.indexOf(candidate.algorithm) > CHECKSUM_ALGORITHMS.indexOf(best.algorithm))
      best = candidate;
  }
  return best;
}

/** Whether these bytes have the checksum. */
export function hasChecksum(bytes: Uint8Array, { algorithm, value }: Checksum): boolean {
  return hash(algorithm, bytes) === value;
}

/** The stated SHA-256, if there is one. */
export function sha256Of(expected: Expected): string | undefined {
  return expected.checksums.find((entry) => entry.algorithm === 'sha256')?.value;
}
