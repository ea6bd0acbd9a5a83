import { collect } from '../../codec/decompress.ts';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import type { ImageContent, SourceImage } from '../content.ts';
import type { Descriptor } from '../format/descriptor.ts';
import { hasDigest } from '../format/digest.ts';
import { artifactTypeOf, type Manifest, parseManifest } from '../format/manifest.ts';
import { isTag } from '../format/reference.ts';

/** One attempt to sign an image: what it says counts only once it is verified. */
export interface SignatureManifest {
  readonly descriptor: Descriptor;
  readonly artifactType: string | undefined;
  readonly manifest: Manifest;
}

/** Most bytes of a signature with what it signs. */
const MAX_SIGNATURE = 4 * 1024 * 1024;
/** Most manifests that are looked at for one image, and signatures in one of them: more are an attack, or noise. */
const MAX_MANIFESTS = 200;
export const MAX_SIGNATURES = 100;
/** What is wrong with a signature itself, and not with the way to it. */
const OF_THE_SIGNATURE = ['SIGNATURE_INVALID', 'MANIFEST_INVALID', 'CHECKSUM_MISMATCH', 'BLOB_MISSING', 'DECOMPRESS_TOO_LARGE'] as const;

/** What is wrong with one signature, which another one may make good. */
export function badSignature(why: string): MirrorError {
  return new MirrorError('SIGNATURE_INVALID', why);
}

/** Every manifest that is said to be a signature of the image. Those that are malformed are left out, and named in `problems`. */
export async function signatureManifests(image: SourceImage, problems: string[]): Promise<SignatureManifest[]> {
  const { content, root } = image;
  const tag = `${root.digest.replace(':', '-')}.sig`;
  // Of a SHA-512 there can be none: it is too long.
  const tagged = isTag(tag) ? await content.tagged(tag) : undefined;
  const referrers = await content.referrers(root.digest);
  const found: SignatureManifest[] = [];
  for (const descriptor of [...(tagged === undefined ? [] : [tagged]), ...referrers.slice(0, MAX_MANIFESTS)]) {
    const read = await attempt(problems, descriptor.digest, async () => readManifest(content, descriptor));
    if (read === undefined) continue;
    // At cosign's tag there is no subject: the payload says what is signed.
    if (descriptor === tagged || read.manifest.subject?.digest === root.digest) found.push(read);
  }
  return found;
}

/** What an attempt gives; undefined where the signature is bad, for which the reason goes to `problems`. What is wrong with the connection comes through. */
export async function attempt<T>(problems: string[], what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isMirrorError(error, ...OF_THE_SIGNATURE)) throw error;
    problems.push(`${what}: ${error.message}`);
    return undefined;
  }
}

/** The bytes of a small blob, checked. Throws SIGNATURE_INVALID where it is too large, CHECKSUM_MISMATCH. */
export async function signatureBlob(content: ImageContent, descriptor: Descriptor): Promise<Buffer> {
  if (descriptor.size > MAX_SIGNATURE) throw badSignature(`it has ${descriptor.size} bytes, more than any signature`);
  const bytes = await collect(content.blob(descriptor, 0), MAX_SIGNATURE, descriptor.digest);
  if (bytes.length !== descriptor.size || !hasDigest(bytes, descriptor.digest))
    throw new MirrorError('CHECKSUM_MISMATCH', `the content of ${descriptor.digest} is not what its digest promises`);
  return bytes;
}

async function readManifest(content: ImageContent, descriptor: Descriptor): Promise<SignatureManifest> {
  const manifest = parseManifest(await content.manifest(descriptor), descriptor.mediaType, descriptor.digest);
  return { descriptor, artifactType: artifactTypeOf(manifest), manifest };
}
