import { MirrorError } from '../../core/errors.ts';
import type { SourceImage } from '../content.ts';
import { formatReference, type ImageReference } from '../format/reference.ts';
import { cosignSigner, isCosign } from './cosign.ts';
import { type SignatureManifest, signatureManifests } from './evidence.ts';
import { isNotation, notationSigner } from './notation.ts';
import type { SignatureTrust } from './trust.ts';

export interface VerifyOptions {
  readonly trust: SignatureTrust;
  readonly now: Date;
  /** Where it is given, a signature of cosign that names another repository does not count. */
  readonly identity?: ImageReference | undefined;
}

/** By whom an image is signed: the file of a key, the subject of a certificate. */
export interface ImageSigners {
  readonly cosign?: string | undefined;
  readonly notation?: string | undefined;
}

/** Most reasons that a message names. */
const MAX_REASONS = 3;

/**
 * Checks that an image is signed by those who are trusted: its first manifest or index, by whose digests everything in it is vouched for.
 * Throws SIGNATURE_MISSING where there is no signature of the kind that is wanted, SIGNATURE_INVALID where none of them is good, and what the
 * content throws. Keyless signatures (Fulcio and Rekor) and COSE envelopes do not count.
 */
export async function verifyImage(image: SourceImage, { trust, now, identity }: VerifyOptions): Promise<ImageSigners> {
  const problems: string[] = [];
  const manifests = await signatureManifests(image, problems);
  const required = async <T>(
    kind: string,
    meant: (manifest: SignatureManifest) => boolean,
    find: () => Promise<T | undefined>,
  ): Promise<T> => {
    const signer = await find();
    if (signer !== undefined) return signer;
    throw manifests.some(meant) || problems.length > 0 ? notGood(image, kind, problems) : notSigned(image, kind);
  };
  const { cosign: keys, notation: trusted } = trust;
  const key =
    keys === undefined
      ? undefined
      : await required('cosign', isCosign, async () => cosignSigner(image, manifests, { keys, identity }, problems));
  const leaf =
    trusted === undefined
      ? undefined
      : await required('notation', isNotation, async () => notationSigner(image, manifests, { trusted, now }, problems));
  return { cosign: key?.name, notation: leaf?.subject.replaceAll('\n', ', ') };
}

function notSigned(image: SourceImage, kind: string): MirrorError {
  return new MirrorError('SIGNATURE_MISSING', `${nameOf(image)} has no signature of ${kind}, and the policy requires one`);
}

function notGood(image: SourceImage, kind: string, problems: readonly string[]): MirrorError {
  const reasons = problems.slice(0, MAX_REASONS).join('; ');
  const more = problems.length > MAX_REASONS ? `; and ${problems.length - MAX_REASONS} more` : '';
  return new MirrorError('SIGNATURE_INVALID', `${nameOf(image)} has no good signature of ${kind}: ${reasons}${more}`);
}

function nameOf({ reference, root }: SourceImage): string {
  return reference.digest === undefined ? `${formatReference(reference)} (${root.digest})` : formatReference(reference);
}
