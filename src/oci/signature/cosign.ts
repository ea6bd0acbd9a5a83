import { z } from 'zod';
import type { SourceImage } from '../content.ts';
import type { Descriptor } from '../format/descriptor.ts';
import { hasDigest } from '../format/digest.ts';
import { completeReference, DOCKER_HUB, type ImageReference, parseReference } from '../format/reference.ts';
import { attempt, badSignature, MAX_SIGNATURES, type SignatureManifest, signatureBlob } from './evidence.ts';
import { base64, readJson } from './json.ts';
import { signerOf } from './signed-by-key.ts';
import type { TrustedKey } from './trust.ts';

const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
const SIGNATURE = 'dev.cosignproject.cosign/signature';
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.3\+json|\+json;\s*version=0\.[123])$/;
const IN_TOTO = 'application/vnd.in-toto+json';
/** Other statements by the same key say something about the image, and not that it is good. */
const SIGN_PREDICATE = 'https://sigstore.dev/cosign/sign/v1';

const payloadSchema = z.looseObject({
  critical: z.looseObject({
    type: z.literal('cosign container image signature'),
    image: z.looseObject({ 'docker-manifest-digest': z.string() }),
    identity: z.looseObject({ 'docker-reference': z.string().optional() }).nullish(),
  }),
});

const bundleSchema = z.looseObject({
  mediaType: z.string().regex(BUNDLE, 'a version of the bundle that is known here'),
  verificationMaterial: z.looseObject({ publicKey: z.unknown().optional() }).nullish(),
  messageSignature: z
    .looseObject({ messageDigest: z.looseObject({ algorithm: z.string(), digest: base64 }).nullish(), signature: base64 })
    .optional(),
  dsseEnvelope: z
    .looseObject({ payload: base64, payloadType: z.string(), signatures: z.array(z.looseObject({ sig: base64 })).length(1) })
    .optional(),
});

const statementSchema = z.looseObject({
  _type: z.string().regex(/^https:\/\/in-toto\.io\/Statement\/v(?:0\.1|1)$/, 'a statement of in-toto'),
  predicateType: z.string(),
  subject: z.array(z.looseObject({ digest: z.record(z.string(), z.string()) })).max(1000),
});

export interface CosignOptions {
  readonly keys: readonly TrustedKey[];
  /** Where it is given, a signature that names another repository does not count. cosign itself does not look at that. */
  readonly identity?: ImageReference | undefined;
}

/**
 * The key by which an image is signed as cosign does it, either way: payloads at the tag `sha256-….sig` (cosign, SIGNATURE_SPEC.md), or a Sigstore bundle
 * that refers to the image (BUNDLE_SPEC.md). Certificates of Fulcio and the log of Rekor are not looked at: only a key that is trusted counts.
 * @param manifests everything that is said to be a signature of it.
 * @param problems gets why what there is does not count.
 */
export async function cosignSigner(
  image: SourceImage,
  manifests: readonly SignatureManifest[],
  options: CosignOptions,
  problems: string[],
): Promise<TrustedKey | undefined> {
  for (const { manifest } of manifests) {
    for (const layer of manifest.layers.slice(0, MAX_SIGNATURES)) {
      const signer = await attempt(problems, layer.digest, async () => signerOfLayer(image, layer, options));
      if (signer !== undefined) return signer;
    }
  }
  return undefined;
}

/** Whether a manifest is meant as a signature of cosign. */
export function isCosign({ manifest }: SignatureManifest): boolean {
  return manifest.layers.some(({ mediaType }) => mediaType === SIMPLE_SIGNING || BUNDLE.test(mediaType));
}

async function signerOfLayer(image: SourceImage, layer: Descriptor, options: CosignOptions): Promise<TrustedKey | undefined> {
  if (layer.mediaType === SIMPLE_SIGNING) return simpleSigner(image, layer, options);
  if (BUNDLE.test(layer.mediaType)) return bundleSigner(image, layer, options);
  return undefined;
}

async function simpleSigner(image: SourceImage, layer: Descriptor, { keys, identity }: CosignOptions): Promise<TrustedKey> {
  const annotation = layer.annotations?.[SIGNATURE];
  if (annotation === undefined) throw badSignature('it has no signature in its annotations');
  const payload = await signatureBlob(image.content, layer);
  const signer = requireSigner(payload, decoded(annotation), keys);
  const { critical } = readJson(payloadSchema, payload, 'what is signed');
  const signed = critical.image['docker-manifest-digest'];
  if (signed !== image.root.digest) throw badSignature(`it is a signature of ${signed}`);
  const named = critical.identity?.['docker-reference'];
  if (identity !== undefined && named !== undefined && named !== '' && !isSameRepository(named, identity))
    throw badSignature(`it is a signature for ${named}`);
  return signer;
}

async function bundleSigner(image: SourceImage, layer: Descriptor, { keys }: CosignOptions): Promise<TrustedKey> {
  const bundle = readJson(bundleSchema, await signatureBlob(image.content, layer), 'the bundle');
  const { messageSignature, dsseEnvelope } = bundle;
  if ((messageSignature === undefined) === (dsseEnvelope === undefined)) throw badSignature('the bundle has not exactly one signature');
  if (bundle.verificationMaterial?.publicKey === undefined) throw badSignature('it is by a certificate, and not by a key');
  if (messageSignature !== undefined) return messageSigner(image, messageSignature.signature, keys);
  if (dsseEnvelope === undefined) throw badSignature('the bundle has no signature');
  const { payload, payloadType, signatures } = dsseEnvelope;
  if (payloadType !== IN_TOTO) throw badSignature(`what is signed is of the type ${payloadType}`);
  const signer = requireSigner(preAuthentication(payloadType, payload), signatures[0]?.sig ?? Buffer.alloc(0), keys);
  const { predicateType, subject } = readJson(statementSchema, payload, 'what is signed');
  if (predicateType !== SIGN_PREDICATE) throw badSignature(`it is a statement of the type ${predicateType}, and no signature`);
  if (!subject.some(({ digest }) => isDigestOf(digest, image.root.digest))) throw badSignature('it is a signature of something else');
  return signer;
}

/** A signature of the manifest's own bytes. */
async function messageSigner(image: SourceImage, signature: Uint8Array, keys: readonly TrustedKey[]): Promise<TrustedKey> {
  const bytes = await image.content.manifest(image.root);
  if (!hasDigest(bytes, image.root.digest)) throw badSignature('the manifest is not what its digest promises');
  return requireSigner(bytes, signature, keys);
}

function requireSigner(data: Uint8Array, signature: Uint8Array, keys: readonly TrustedKey[]): TrustedKey {
  const signer = signerOf(data, signature, keys);
  if (signer === undefined) throw badSignature(`it is not by ${keys.length === 1 ? 'the key' : 'one of the keys'} that is trusted`);
  return signer;
}

function decoded(text: string): Buffer {
  const result = base64.safeParse(text.trim());
  if (!result.success) throw badSignature('its signature is no base64');
  return result.data;
}

/** What DSSE signs (secure-systems-lab/dsse, protocol.md). */
function preAuthentication(type: string, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);
}

function isDigestOf(digests: Readonly<Record<string, string>>, digest: string): boolean {
  const colon = digest.indexOf(':');
  return Object.entries(digests).some(([algorithm, hex]) => algorithm === digest.slice(0, colon) && hex === digest.slice(colon + 1));
}

function isSameRepository(text: string, identity: ImageReference): boolean {
  try {
    const [named, wanted] = [parseReference(text), identity].map((reference) => completeReference(withoutHubAlias(reference)));
    return named?.host === wanted?.host && named?.repository === wanted?.repository;
  } catch {
    return false;
  }
}

function withoutHubAlias(reference: ImageReference): ImageReference {
  return reference.host === 'index.docker.io' || reference.host === DOCKER_HUB.registry
    ? { ...reference, host: DOCKER_HUB.host }
    : reference;
}
