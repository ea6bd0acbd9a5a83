import { constants, type KeyObject, type VerifyKeyObjectInput, verify, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { SourceImage } from '../content.ts';
import { checkChain } from './certificate-chain.ts';
import { attempt, badSignature, type SignatureManifest, signatureBlob } from './evidence.ts';
import { base64, base64url, readJson } from './json.ts';

const ARTIFACT = 'application/vnd.cncf.notary.signature';
const JWS = 'application/jose+json';
const COSE = 'application/cose';
const PAYLOAD = 'application/vnd.cncf.notary.payload.v1+json';
const HEADER = 'io.cncf.notary.';
/** What may be critical and is looked at here. */
const UNDERSTOOD: ReadonlySet<string> = new Set([`${HEADER}signingScheme`, `${HEADER}expiry`, `${HEADER}authenticSigningTime`]);

const time = z.string().refine((text) => /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text)), 'a time');

const envelopeSchema = z.strictObject({
  payload: base64url,
  protected: base64url,
  header: z.looseObject({ x5c: z.array(base64).min(1).max(20) }),
  signature: base64url,
});

const protectedSchema = z.looseObject({
  alg: z.string(),
  cty: z.literal(PAYLOAD),
  crit: z.array(z.string()).min(1),
  [`${HEADER}signingScheme`]: z.enum(['notary.x509', 'notary.x509.signingAuthority']),
  [`${HEADER}signingTime`]: time.optional(),
  [`${HEADER}authenticSigningTime`]: time.optional(),
  [`${HEADER}expiry`]: time.optional(),
});

const payloadSchema = z.looseObject({
  targetArtifact: z.looseObject({ mediaType: z.string(), digest: z.string(), size: z.number() }),
});

export interface NotationOptions {
  readonly trusted: readonly X509Certificate[];
  readonly now: Date;
}

/**
 * The certificate by which an image is signed as notation does it: a JWS envelope (Notary Project, signature-envelope-jws.md) that refers to the
 * image. Every certificate of its chain must be valid now: timestamps are not looked at, and neither are revocations. COSE is not read.
 * @param manifests everything that is said to be a signature of it.
 * @param problems gets why what there is does not count.
 */
export async function notationSigner(
  image: SourceImage,
  manifests: readonly SignatureManifest[],
  options: NotationOptions,
  problems: string[],
): Promise<X509Certificate | undefined> {
  for (const candidate of manifests.filter(isNotation)) {
    const signer = await attempt(problems, candidate.descriptor.digest, async () => signerOfManifest(image, candidate, options));
    if (signer !== undefined) return signer;
  }
  return undefined;
}

/** Whether a manifest is meant as a signature of notation. */
export function isNotation({ artifactType, manifest }: SignatureManifest): boolean {
  return artifactType === ARTIFACT || manifest.config?.mediaType === ARTIFACT;
}

async function signerOfManifest(
  image: SourceImage,
  { manifest }: SignatureManifest,
  { trusted, now }: NotationOptions,
): Promise<X509Certificate> {
  const [layer, ...more] = manifest.layers;
  if (layer === undefined || more.length > 0) throw badSignature('it has not exactly one envelope');
  if (layer.mediaType === COSE)
    throw badSignature('its envelope is COSE, which is not read here: sign with `notation sign --signature-format jws`');
  if (layer.mediaType !== JWS) throw badSignature(`its envelope is of the type ${layer.mediaType}, which is not known`);
  const envelope = readJson(envelopeSchema, await signatureBlob(image.content, layer), 'the envelope');
  const header = readJson(protectedSchema, envelope.protected.bytes, 'the protected header');
  checkCritical(header);
  const chain = envelope.header.x5c.map(certificateOf);
  const leaf = checkChain(chain, trusted, now);
  const input = Buffer.from(`${envelope.protected.text}.${envelope.payload.text}`);
  if (!isSigned(header.alg, input, leaf.publicKey, envelope.signature.bytes)) throw badSignature('its signature is wrong');
  checkTimes(header, leaf, now);
  const { targetArtifact: target } = readJson(payloadSchema, envelope.payload.bytes, 'what is signed');
  const { root } = image;
  if (target.digest !== root.digest || target.size !== root.size || target.mediaType !== root.mediaType)
    throw badSignature(`it is a signature of ${target.digest}`);
  return leaf;
}

type ProtectedHeader = z.output<typeof protectedSchema>;

function checkCritical(header: ProtectedHeader): void {
  const unknown = header.crit.find((name) => !UNDERSTOOD.has(name) || !Object.hasOwn(header, name));
  if (unknown !== undefined) throw badSignature(`it wants "${unknown}" to be understood`);
  if (!header.crit.includes(`${HEADER}signingScheme`)) throw badSignature('its signing scheme is not critical');
}

function checkTimes(header: ProtectedHeader, leaf: X509Certificate, now: Date): void {
  const authority = header[`${HEADER}signingScheme`] === 'notary.x509.signingAuthority';
  const signed = timeOf(header[authority ? `${HEADER}authenticSigningTime` : `${HEADER}signingTime`]);
  if (signed === undefined) throw badSignature('it does not say when it was made');
  if (signed < leaf.validFromDate || signed > leaf.validToDate) throw badSignature('it was made when its certificate was not valid');
  const expiry = timeOf(header[`${HEADER}expiry`]);
  if (expiry !== undefined && expiry <= now) throw badSignature(`it has expired on ${expiry.toISOString()}`);
}

function timeOf(value: unknown): Date | undefined {
  return typeof value === 'string' ? new Date(value) : undefined;
}

function certificateOf(der: Buffer): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw badSignature('a certificate of it cannot be read');
  }
}

/** The algorithm follows from the key alone; what the envelope says must be the same. */
function isSigned(algorithm: string, data: Buffer, key: KeyObject, signature: Buffer): boolean {
  const expected = algorithmOf(key);
  if (expected === undefined || expected.name !== algorithm)
    throw badSignature(`its algorithm ${algorithm} is not that of its key (${expected?.name ?? 'which has none'})`);
  const input: VerifyKeyObjectInput = expected.name.startsWith('PS')
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { key, dsaEncoding: 'ieee-p1363' };
  return verify(expected.hash, data, input, signature);
}

function algorithmOf(key: KeyObject): { readonly name: string; readonly hash: string } | undefined {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  const rsa = new Map([
    [2048, '256'],
    [3072, '384'],
    [4096, '512'],
  ]);
  const curves = new Map([
    ['prime256v1', '256'],
    ['secp384r1', '384'],
    ['secp521r1', '512'],
  ]);
  const bits = key.asymmetricKeyType === 'rsa' ? rsa.get(modulusLength ?? 0) : curves.get(namedCurve ?? '');
  if (bits === undefined) return undefined;
  return { name: `${key.asymmetricKeyType === 'rsa' ? 'PS' : 'ES'}${bits}`, hash: `sha${bits}` };
}
