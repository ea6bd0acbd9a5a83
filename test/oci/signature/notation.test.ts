import { constants, sign, type X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type VerifyOptions, verifyImage } from '../../../src/oci/signature/verify-image.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { AUTHORITY, CertificateMaker, type Issued, SIGNER } from './certificates.ts';
import { type MemoryImage, memoryImage } from './memory-image.ts';

const ARTIFACT = 'application/vnd.cncf.notary.signature';
const DAY = 24 * 60 * 60 * 1000;
const now = new Date(Math.floor(Date.now() / 1000) * 1000 + 60_000);
const CONFIG = { mediaType: ARTIFACT, digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', size: 2 };

interface Envelope {
  readonly chain: readonly Issued[];
  readonly algorithm: string;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly target?: object;
  readonly mediaType?: string;
  readonly change?: (envelope: Record<string, unknown>) => Record<string, unknown>;
}

function time(offset: number): string {
  return new Date(now.getTime() + offset).toISOString().replace('.000Z', 'Z');
}

/** As `notation sign` does it. */
function addSignature(image: MemoryImage, { chain, algorithm, header, target, mediaType, change }: Envelope): void {
  const protectedHeader = {
    alg: algorithm,
    cty: 'application/vnd.cncf.notary.payload.v1+json',
    crit: ['io.cncf.notary.signingScheme'],
    'io.cncf.notary.signingScheme': 'notary.x509',
    'io.cncf.notary.signingTime': time(0),
    ...header,
  };
  const { mediaType: type, digest, size } = image.root;
  const parts = [protectedHeader, { targetArtifact: target ?? { mediaType: type, digest, size } }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const key = chain[0]?.key;
  if (key === undefined) throw new Error('a chain has a signer');
  const options = algorithm.startsWith('PS')
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { key, dsaEncoding: 'ieee-p1363' as const };
  const signature = sign(`sha${algorithm.slice(2)}`, Buffer.from(parts.join('.')), options).toString('base64url');
  const x5c = chain.map(({ certificate }) => certificate.raw.toString('base64'));
  const envelope = { payload: parts[1], protected: parts[0], header: { x5c, 'io.cncf.notary.signingAgent': 'test' }, signature };
  const layer = image.blob(mediaType ?? 'application/jose+json', JSON.stringify(change === undefined ? envelope : change(envelope)));
  image.refer({ config: CONFIG, layers: [layer], annotations: { 'io.cncf.notary.x509chain.thumbprint#S256': '[]' } });
}

const trusting = (...trusted: readonly X509Certificate[]): VerifyOptions => ({ now, trust: { notation: trusted } });

describeWithTools(['openssl'], 'oci/signature/notation', () => {
  let maker: CertificateMaker;
  let root: Issued;
  let middle: Issued;
  let rsa: Issued;
  let ec: Issued;

  beforeAll(async () => {
    maker = await CertificateMaker.start();
    root = await maker.issue('Root', { key: 'P-256', extensions: AUTHORITY });
    middle = await maker.issue('Middle', {
      key: 'P-256',
      extensions: [AUTHORITY[0]?.concat(',pathlen:0') ?? '', AUTHORITY[1] ?? ''],
      issuer: root,
    });
    rsa = await maker.issue('Signer', { key: 'rsa:2048', extensions: SIGNER, issuer: middle });
    ec = await maker.issue('Signer EC', { key: 'P-384', extensions: SIGNER, issuer: root });
  });
  afterAll(() => maker.end());

  const refused = async (image: MemoryImage, reason: string, trusted = root): Promise<void> => {
    await expect(verifyImage(image, trusting(trusted.certificate))).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: expect.stringContaining(reason),
    });
  };

  it('accepts RSA and ECDSA, trusted by the root, an authority between or the signer itself', async () => {
    const image = memoryImage();
    addSignature(image, { chain: [rsa, middle, root], algorithm: 'PS256' });
    for (const { certificate } of [root, middle, rsa])
      expect(await verifyImage(image, trusting(ec.certificate, certificate))).toEqual({ cosign: undefined, notation: 'CN=Signer' });
    const byEc = memoryImage();
    addSignature(byEc, {
      chain: [ec, root],
      algorithm: 'ES384',
      header: { crit: ['io.cncf.notary.signingScheme', 'io.cncf.notary.expiry'], 'io.cncf.notary.expiry': time(DAY) },
    });
    expect(await verifyImage(byEc, trusting(root.certificate))).toMatchObject({ notation: 'CN=Signer EC' });
  });

  it('accepts a signer that is its own root', async () => {
    const self = await maker.issue('Self', { key: 'rsa:3072', extensions: SIGNER });
    const image = memoryImage();
    addSignature(image, { chain: [self], algorithm: 'PS384' });
    expect(await verifyImage(image, trusting(self.certificate))).toMatchObject({ notation: 'CN=Self' });
    await refused(image, 'lead to none that is trusted');
  });

  it('says that there is no signature', async () => {
    await expect(verifyImage(memoryImage(), trusting(root.certificate))).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' });
  });

  it('refuses what is expired, signed in time that its certificate lacks, or out of date', async () => {
    const expired = memoryImage();
    addSignature(expired, {
      chain: [ec, root],
      algorithm: 'ES384',
      header: { crit: ['io.cncf.notary.signingScheme', 'io.cncf.notary.expiry'], 'io.cncf.notary.expiry': time(-DAY) },
    });
    await refused(expired, 'it has expired');
    const early = memoryImage();
    addSignature(early, { chain: [ec, root], algorithm: 'ES384', header: { 'io.cncf.notary.signingTime': time(-DAY) } });
    await refused(early, 'when its certificate was not valid');
    const image = memoryImage();
    addSignature(image, { chain: [ec, root], algorithm: 'ES384' });
    const later = { ...trusting(root.certificate), now: new Date(now.getTime() + 40 * DAY) };
    await expect(verifyImage(image, later)).rejects.toMatchObject({ message: expect.stringContaining('is valid from') });
  });

  it('refuses what is signed for another image, or changed', async () => {
    const image = memoryImage();
    const { mediaType, size } = image.root;
    addSignature(image, { chain: [ec, root], algorithm: 'ES384', target: { mediaType, size, digest: `sha256:${'1'.repeat(64)}` } });
    await refused(image, `it is a signature of sha256:${'1'.repeat(64)}`);
    const changed = memoryImage();
    const payload = Buffer.from(JSON.stringify({ targetArtifact: changed.root })).toString('base64url');
    addSignature(changed, { chain: [ec, root], algorithm: 'ES384', target: {}, change: (envelope) => ({ ...envelope, payload }) });
    await refused(changed, 'its signature is wrong');
  });

  it('refuses algorithms that are not those of the key, and what it does not understand', async () => {
    const image = memoryImage();
    addSignature(image, { chain: [ec, root], algorithm: 'ES384', header: { alg: 'none' } });
    await refused(image, 'its algorithm none is not that of its key (ES384)');
    const critical = memoryImage();
    addSignature(critical, {
      chain: [ec, root],
      algorithm: 'ES384',
      header: { crit: ['io.cncf.notary.signingScheme', 'io.cncf.notary.verificationPlugin'], 'io.cncf.notary.verificationPlugin': 'x' },
    });
    await refused(critical, 'it wants "io.cncf.notary.verificationPlugin" to be understood');
    const cose = memoryImage();
    addSignature(cose, { chain: [ec, root], algorithm: 'ES384', mediaType: 'application/cose' });
    await refused(cose, 'COSE, which is not read here');
  });

  it('refuses chains that are none', async () => {
    const stranger = await maker.issue('Root', { key: 'P-256', extensions: AUTHORITY });
    const server = await maker.issue('Server', {
      key: 'P-256',
      extensions: [...SIGNER.slice(0, 2), 'extendedKeyUsage=serverAuth'],
      issuer: root,
    });
    const encrypting = await maker.issue('Encrypting', {
      key: 'P-256',
      extensions: [SIGNER[0] ?? '', 'keyUsage=critical,digitalSignature,keyEncipherment'],
      issuer: root,
    });
    const bySigner = await maker.issue('By signer', { key: 'P-256', extensions: SIGNER, issuer: ec });
    const below = await maker.issue('Below', { key: 'P-256', extensions: AUTHORITY, issuer: middle });
    const tooDeep = await maker.issue('Too deep', { key: 'P-256', extensions: SIGNER, issuer: below });
    const sha1 = await maker.issue('SHA-1', { key: 'P-256', extensions: SIGNER, issuer: root, digest: 'sha1' });
    const cases: readonly (readonly [readonly Issued[], string, string])[] = [
      [[ec, stranger], 'ES384', 'is not issued by the next one'],
      [[ec], 'ES384', 'is not issued by the next one'],
      [[server, root], 'ES256', 'is not for signing code'],
      [[encrypting, root], 'ES256', 'is not for signing'],
      [[bySigner, ec, root], 'ES256', 'is not issued by the next one'],
      [[tooDeep, below, middle, root], 'ES256', 'may not issue certificates of authorities'],
      [[middle, root], 'ES256', 'is an authority, and no signer'],
      [[sha1, root], 'ES256', 'broken hash'],
    ];
    for (const [chain, algorithm, reason] of cases) {
      const image = memoryImage();
      addSignature(image, { chain, algorithm });
      await refused(image, reason);
    }
  });
});
