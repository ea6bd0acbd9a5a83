import type { YumMirrorConfig } from '../../config/schema.ts';
import type { Checksum } from '../../core/digests.ts';
import { MirrorError } from '../../core/errors.ts';

/** What of an upstream is checked against keys. */
export interface VerificationPolicy {
  /** `if signed`: where there is a signature; once there was one, it must stay. */
  readonly metadata: 'required' | 'if signed' | 'no';
  readonly packages: boolean;
}

/** Without a `verify` in the configuration packages are always checked, and the metadata where the upstream signs it. */
export function verificationPolicy({ verify }: YumMirrorConfig): VerificationPolicy {
  if (verify === undefined) return { metadata: 'if signed', packages: true };
  return { metadata: verify.includes('metadata') ? 'required' : 'no', packages: verify.includes('packages') };
}

/**
 * Refuses a checksum that is too weak to rely on, MD5 or SHA-1, unless the configuration accepts that one: CHECKSUM_WEAK. A signature over
 * metadata is worth no more than the checksums in it.
 * @param what names the metadata, and `file` the file, for the message.
 */
export function checkStrength({ allowWeak }: YumMirrorConfig, { algorithm }: Checksum, what: string, file: string): void {
  if ((algorithm !== 'md5' && algorithm !== 'sha1') || allowWeak.includes(algorithm)) return;
  throw new MirrorError('CHECKSUM_WEAK', `${what} has only the ${algorithm} of ${file}, which is too weak to tell it from a forged one`, {
    hint: `If the upstream has nothing better, set allowWeak: [${algorithm}] to accept it.`,
  });
}
