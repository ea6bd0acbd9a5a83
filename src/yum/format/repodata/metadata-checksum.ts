import { type Checksum, type ChecksumAlgorithm, checksum } from '../../../core/digests.ts';

/** The checksum that metadata states: `sha` is an old name of SHA-1. Undefined when it cannot be one. */
export function metadataChecksum(type: string, value: string): Checksum | undefined {
  const lower = type.toLowerCase().replace('-', '');
  const algorithm = lower === 'sha' ? 'sha1' : lower;
  return /^(?:md5|sha1|sha224|sha256|sha384|sha512)$/.test(algorithm) ? checksum(algorithm as ChecksumAlgorithm, value.trim()) : undefined;
}
