import type { VerifyPolicy } from '../../config/image-list-schema.ts';
import { MirrorError } from '../../core/errors.ts';
import type { SourceImage } from '../../oci/content.ts';

/** Placeholder until signatures are merged. */
export async function verifySigned(_image: SourceImage, policy: VerifyPolicy | undefined): Promise<void> {
  if (policy !== undefined) throw new MirrorError('NOT_AVAILABLE', 'signatures are not checked yet');
}
