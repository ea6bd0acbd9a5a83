import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseReference } from '../../../src/oci/format/reference.ts';
import { publicKeyOf } from '../../../src/oci/signature/trust.ts';
import { type VerifyOptions, verifyImage } from '../../../src/oci/signature/verify-image.ts';
import { type MemoryImage, memoryImage } from './memory-image.ts';

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const p256: Pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384: Pair = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const rsa: Pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519: Pair = generateKeyPairSync('ed25519');
const other: Pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const now = new Date();
const CONFIG = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: `sha256:${'0'.repeat(64)}`, size: 2 };
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

const trusting = (...pairs: readonly Pair[]): VerifyOptions => ({
  now,
  trust: {
    cosign: pairs.map(({ publicKey }, index) => ({
      name: `key${index}.pub`,
      key: publicKeyOf(publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'key'),
    })),
  },
});

function payload(digest: string, more: { readonly reference?: string; readonly type?: string } = {}): string {
  const identity = { 'docker-reference': more.reference ?? '' };
  return JSON.stringify({
    critical: { identity, image: { 'docker-manifest-digest': digest }, type: more.type ?? 'cosign container image signature' },
    optional: null,
  });
}

/** As `cosign sign --key` up to version 2. */
function addSignature(image: MemoryImage, { privateKey }: Pair, text: string, hash: string | null = 'sha256'): void {
  const signature = sign(hash, Buffer.from(text), privateKey).toString('base64');
  const layer = image.blob('application/vnd.dev.cosign.simplesigning.v1+json', text, { 'dev.cosignproject.cosign/signature': signature });
  image.tag(
    `${image.root.digest.replace(':', '-')}.sig`,
    image.manifest({ mediaType: 'application/vnd.oci.image.manifest.v1+json', config: CONFIG, layers: [layer] }),
  );
}

function addBundle(image: MemoryImage, content: object, material: object = { publicKey: { hint: 'abc' } }): void {
  const bundle = JSON.stringify({ mediaType: BUNDLE, verificationMaterial: { ...material, tlogEntries: [] }, ...content });
  image.refer({
    artifactType: BUNDLE,
    config: { ...CONFIG, mediaType: 'application/vnd.oci.empty.v1+json' },
    layers: [image.blob(BUNDLE, bundle)],
  });
}

function dsse({ privateKey }: Pair, statement: object, type = 'application/vnd.in-toto+json', hash: string | null = 'sha256'): object {
  const body = Buffer.from(JSON.stringify(statement));
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${body.length} `), body]);
  return {
    dsseEnvelope: {
      payload: body.toString('base64'),
      payloadType: type,
      signatures: [{ sig: sign(hash, signed, privateKey).toString('base64') }],
    },
  };
}

const statement = (digest: string, predicateType = 'https://sigstore.dev/cosign/sign/v1'): object => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ digest: { sha256: digest.slice('sha256:'.length) } }],
  predicateType,
  predicate: {},
});

describe('oci/signature/cosign: signatures at a tag', () => {
  it.each([
    ['ECDSA on P-256', p256, 'sha256'],
    ['ECDSA on P-384', p384, 'sha256'],
    ['ECDSA on P-384 with its own hash', p384, 'sha384'],
    ['RSA', rsa, 'sha256'],
    ['Ed25519', ed25519, null],
  ])('accepts %s', async (_, pair, hash) => {
    const image = memoryImage();
    addSignature(image, pair, payload(image.root.digest), hash);
    expect(await verifyImage(image, trusting(other, pair))).toEqual({ cosign: 'key1.pub', notation: undefined });
  });

  it('refuses an image without a signature', async () => {
    await expect(verifyImage(memoryImage(), trusting(p256))).rejects.toMatchObject({
      code: 'SIGNATURE_MISSING',
      message: expect.stringContaining('registry.example.com/team/app:v1 (sha256:'),
    });
  });

  it('refuses another key, another image and another type', async () => {
    const byOther = memoryImage();
    addSignature(byOther, other, payload(byOther.root.digest));
    await expect(verifyImage(byOther, trusting(p256))).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: expect.stringContaining('it is not by the key'),
    });
    const elsewhere = memoryImage();
    addSignature(elsewhere, p256, payload(`sha256:${'1'.repeat(64)}`));
    await expect(verifyImage(elsewhere, trusting(p256))).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: expect.stringContaining(`it is a signature of sha256:${'1'.repeat(64)}`),
    });
    const typed = memoryImage();
    addSignature(typed, p256, payload(typed.root.digest, { type: 'atomic container signature' }));
    await expect(verifyImage(typed, trusting(p256))).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it('refuses what was changed after it was signed, and what is not there', async () => {
    const image = memoryImage();
    const text = payload(image.root.digest);
    const signature = sign('sha256', Buffer.from('something else'), p256.privateKey).toString('base64');
    const annotations = { 'dev.cosignproject.cosign/signature': signature };
    const layer = image.blob('application/vnd.dev.cosign.simplesigning.v1+json', text, annotations);
    const without = { ...layer, annotations: {} };
    const missing = { ...layer, digest: `sha256:${'2'.repeat(64)}` };
    const large = { ...layer, size: 2 ** 40 };
    image.tag(
      `${image.root.digest.replace(':', '-')}.sig`,
      image.manifest({ mediaType: 'application/vnd.oci.image.manifest.v1+json', config: CONFIG, layers: [layer, without, missing, large] }),
    );
    await expect(verifyImage(image, trusting(p256))).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: expect.stringMatching(/it is not by the key.*no signature in its annotations.*is missing.*and 1 more/),
    });
  });

  it('finds the one that is good among others', async () => {
    const image = memoryImage();
    const text = payload(image.root.digest);
    const layers = [other, p256].map(({ privateKey }) => {
      const annotations = { 'dev.cosignproject.cosign/signature': sign('sha256', Buffer.from(text), privateKey).toString('base64') };
      return image.blob('application/vnd.dev.cosign.simplesigning.v1+json', text, annotations);
    });
    image.tag(
      `${image.root.digest.replace(':', '-')}.sig`,
      image.manifest({ mediaType: 'application/vnd.oci.image.manifest.v1+json', config: CONFIG, layers }),
    );
    expect(await verifyImage(image, trusting(p256))).toMatchObject({ cosign: 'key0.pub' });
  });

  it('looks at the repository that is named where the caller wants that', async () => {
    const image = memoryImage();
    addSignature(image, p256, payload(image.root.digest, { reference: 'index.docker.io/library/nginx' }));
    expect(await verifyImage(image, { ...trusting(p256), identity: parseReference('nginx:1') })).toMatchObject({ cosign: 'key0.pub' });
    await expect(verifyImage(image, { ...trusting(p256), identity: parseReference('quay.io/a/b') })).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
    expect(await verifyImage(image, trusting(p256))).toMatchObject({ cosign: 'key0.pub' });
  });
});

describe('oci/signature/cosign: bundles', () => {
  it('accepts a statement of cosign about the image', async () => {
    for (const [pair, hash] of [
      [p256, 'sha256'],
      [ed25519, null],
    ] as const) {
      const image = memoryImage();
      addBundle(image, dsse(pair, statement(image.root.digest), undefined, hash));
      expect(await verifyImage(image, trusting(pair))).toMatchObject({ cosign: 'key0.pub' });
    }
  });

  it('accepts a signature of the manifest itself', async () => {
    const image = memoryImage();
    const bytes = await image.content.manifest(image.root);
    addBundle(image, { messageSignature: { signature: sign('sha256', bytes, p256.privateKey).toString('base64') } });
    expect(await verifyImage(image, trusting(p256))).toMatchObject({ cosign: 'key0.pub' });
    const wrong = memoryImage();
    addBundle(wrong, { messageSignature: { signature: sign('sha256', Buffer.from('x'), p256.privateKey).toString('base64') } });
    await expect(verifyImage(wrong, trusting(p256))).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it.each([
    [
      'another image',
      (digest: string) => dsse(p256, statement(digest.replace(/.$/, (last) => (last === '0' ? '1' : '0')))),
      'a signature of something else',
    ],
    ['another predicate', (digest: string) => dsse(p256, statement(digest, 'https://slsa.dev/provenance/v1')), 'no signature'],
    ['another type of payload', (digest: string) => dsse(p256, statement(digest), 'text/plain'), 'of the type text/plain'],
    ['another key', (digest: string) => dsse(other, statement(digest)), 'it is not by the key'],
    ['nothing', () => ({}), 'not exactly one signature'],
    [
      'two signatures',
      (digest: string) => ({ ...dsse(p256, statement(digest)), messageSignature: { signature: 'AA==' } }),
      'not exactly one signature',
    ],
    ['no base64', () => ({ messageSignature: { signature: '<>' } }), 'malformed'],
  ])('refuses %s', async (_, content, reason) => {
    const image = memoryImage();
    addBundle(image, content(image.root.digest));
    await expect(verifyImage(image, trusting(p256))).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: expect.stringContaining(reason),
    });
  });

  it('refuses one by a certificate, and one that refers to another image', async () => {
    const keyless = memoryImage();
    addBundle(keyless, dsse(p256, statement(keyless.root.digest)), { certificate: { rawBytes: 'AA==' } });
    await expect(verifyImage(keyless, trusting(p256))).rejects.toMatchObject({
      message: expect.stringContaining('by a certificate, and not by a key'),
    });
    const image = memoryImage();
    const bundle = JSON.stringify({
      mediaType: BUNDLE,
      verificationMaterial: { publicKey: {} },
      ...dsse(p256, statement(image.root.digest)),
    });
    image.refer({
      artifactType: BUNDLE,
      config: CONFIG,
      layers: [image.blob(BUNDLE, bundle)],
      subject: { ...image.root, digest: `sha256:${'3'.repeat(64)}` },
    });
    await expect(verifyImage(image, trusting(p256))).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' });
  });
});

describe('oci/signature/trust', () => {
  it('refuses keys that are none, or too weak', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const good = p256.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    for (const text of ['', 'hello', weak, good + good, '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n']) {
      expect(() => publicKeyOf(text, 'key.pub')).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }));
    }
  });
});
