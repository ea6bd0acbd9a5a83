import type { AptMirrorConfig } from '../../config/schema.ts';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import type { UpstreamContext } from '../../family/family.ts';
import type { UpstreamState } from '../../store/catalogue.ts';
import { particularsOf } from './particulars.ts';
import { fetchSignedRelease, type SignedRelease } from './signed-release.ts';

/**
 * As `fetchSignedRelease`, with the keys narrowed down to those that the Release that was accepted before names in its Signed-By. That holds for as long as that
 * Release is valid; one that never expires cannot bind the next one.
 * @param before what was accepted of this suite before.
 */
export async function fetchNextRelease(
  context: UpstreamContext<AptMirrorConfig>,
  before: UpstreamState | undefined,
): Promise<SignedRelease> {
  const { keyring, clock } = context;
  const signers = before === undefined ? undefined : particularsOf(context.name, before).signedBy;
  if (keyring === undefined || signers === undefined || (before?.validUntil ?? 0) < clock.now().getTime())
    return fetchSignedRelease(context);
  try {
    return await fetchSignedRelease({ ...context, keyring: keyring.limitedTo(signers) });
  } catch (error) {
    if (!isMirrorError(error, 'SIGNATURE_INVALID')) throw error;
    throw new MirrorError('SIGNATURE_INVALID', `${error.message}; the Release that was accepted before asks for ${signers.join(' or ')}`, {
      hint: 'Keys that are trusted but not among these must not sign this one. Add the key to `keys` if it is missing there.',
      cause: error,
    });
  }
}
