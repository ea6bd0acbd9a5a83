import type { YumMirrorConfig } from '../../config/schema.ts';

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
 * Whether files whose only checksum is MD5 or SHA-1 may be taken: where the packages' own signatures protect them, or where the
 * configuration asks for nothing to be verified. A signature over metadata is worth no more than the checksums in it.
 */
export function acceptsWeakChecksums(config: YumMirrorConfig): boolean {
  return verificationPolicy(config).packages || config.verify?.length === 0;
}
