import type { VerifyPolicy } from '../../config/image-list-schema.ts';
import type { SourceImage } from '../../oci/content.ts';
import { loadTrust, type SignatureTrust } from '../../oci/signature/trust.ts';
import { verifyImage } from '../../oci/signature/verify-image.ts';

/** Checks images against what lists require of them; keys and certificates are read once. Throws SIGNATURE_MISSING, SIGNATURE_INVALID, KEY_MISSING and KEY_INVALID. */
export function createSignatureCheck(now: () => Date): (image: SourceImage, policy: VerifyPolicy | undefined) => Promise<void> {
  const loaded = new Map<VerifyPolicy, Promise<SignatureTrust>>();
  return async (image, policy) => {
    if (policy === undefined) return;
    const trust = loaded.get(policy) ?? loadTrust(policy);
    loaded.set(policy, trust);
    await verifyImage(image, { trust: await trust, now: now() });
  };
}
