import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { MEDIA_TYPES } from '../../../src/oci/format/media-types.ts';
import { EMPTY, EMPTY_BLOB, imageManifest, type ServedRegistry, serveRegistry } from './served-registry.ts';

let registry: ServedRegistry;

beforeAll(async () => {
  registry = await serveRegistry();
  await registry.pushBlob('app', EMPTY);
});
afterAll(() => registry.close());

const MiB = 1024 * 1024;
const missing = digestOf(Buffer.from('missing'));
const missingBlob = { mediaType: MEDIA_TYPES.layerGzip, digest: missing, size: 7 };
const missingManifest = { mediaType: MEDIA_TYPES.manifest, digest: missing, size: 7 };
const index = (manifests: readonly unknown[], change = {}) => ({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests, ...change });
const path = (reference: string, repository = 'app'): string => `/v2/${repository}/manifests/${reference}`;

describe('oci/conformance: pushing and pulling manifests', () => {
  const documents: [string, Record<string, unknown>, string?][] = [
    ['an image', imageManifest({ layers: [EMPTY_BLOB] })],
    ['an image without layers', imageManifest()],
    ['an image of Docker', imageManifest({ mediaType: MEDIA_TYPES.dockerManifest }), MEDIA_TYPES.dockerManifest],
    ['an image that does not say its type', imageManifest({ mediaType: undefined })],
    ['an artifact', imageManifest({ artifactType: 'application/vnd.example+type', config: EMPTY_BLOB, layers: [EMPTY_BLOB] })],
    ['an image with embedded data', imageManifest({ config: { ...EMPTY_BLOB, data: EMPTY.toString('base64') } })],
    ['an image with fields of its own', imageManifest({ 'org.example.field': { deep: [1, 2] }, annotations: { a: 'b' } })],
    [
      'an image with layers that are not to be passed on',
      imageManifest({
        layers: [
          {
            ...missingBlob,
            mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
            urls: ['https://example.com/layer'],
          },
          { ...missingBlob, mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' },
        ],
      }),
    ],
    ['an index without entries', index([]), MEDIA_TYPES.index],
    ['an index of what is not there', index([missingManifest]), MEDIA_TYPES.index],
    ['an index with an artifact type', index([], { artifactType: 'application/vnd.example' }), MEDIA_TYPES.index],
    ['a list of Docker', index([], { mediaType: MEDIA_TYPES.dockerList }), MEDIA_TYPES.dockerList],
    ['an image whose subject is not there', imageManifest({ subject: missingManifest })],
    [
      'an artifact of the old kind',
      { mediaType: MEDIA_TYPES.artifactManifest, artifactType: 'application/vnd.example', blobs: [EMPTY_BLOB], subject: missingManifest },
      MEDIA_TYPES.artifactManifest,
    ],
  ];

  it.each(documents)(
    'keeps %s byte for byte, by tag and by digest of both algorithms',
    async (name, document, mediaType = MEDIA_TYPES.manifest) => {
      // White space that no serialiser would leave.
      const bytes = Buffer.from(` ${JSON.stringify(document, undefined, 3)}\n\n`);
      const tag = name.replaceAll(' ', '-');
      const references = [tag, digestOf(bytes), digestOf(bytes, 'sha512')];
      for (const reference of references) {
        const digest = reference === tag ? digestOf(bytes) : reference;
        const put = await registry.putManifest('app', reference, bytes, mediaType);
        expect([put.status, put.headers.get('location'), put.headers.get('docker-content-digest')]).toEqual([201, path(digest), digest]);
        expect(put.headers.get('oci-subject')).toBe('subject' in document ? missing : null);
        for (const method of ['GET', 'HEAD']) {
          const got = await registry.ask(method, path(reference), { headers: { Accept: 'application/json' } });
          expect([got.status, got.headers.get('docker-content-digest')]).toEqual([200, digest]);
          expect([got.headers.get('content-type'), got.headers.get('content-length')]).toEqual([mediaType, String(bytes.length)]);
          expect(got.body).toEqual(method === 'GET' ? bytes : Buffer.alloc(0));
        }
      }
    },
  );

  it('ignores parameters of the media type', async () => {
    expect((await registry.putManifest('app', 'parameters', imageManifest(), `${MEDIA_TYPES.manifest}; charset=utf-8`)).status).toBe(201);
    expect((await registry.ask('HEAD', path('parameters'))).headers.get('content-type')).toBe(MEDIA_TYPES.manifest);
  });

  it('answers with 304 to a client that has it', async () => {
    const { digest } = await registry.pushImage('app', 'known');
    const answer = await registry.ask('GET', path('known'), { headers: { 'If-None-Match': `"${digest}"` } });
    expect([answer.status, answer.body.length]).toEqual([304, 0]);
  });

  it('moves a tag', async () => {
    await registry.pushImage('moving', 'latest', { annotations: { version: '1' } });
    const second = await registry.pushImage('moving', 'latest', { annotations: { version: '2' } });
    expect((await registry.ask('GET', path('latest', 'moving'))).body).toEqual(second.bytes);
  });

  it('takes tags with a digest', async () => {
    const bytes = Buffer.from(JSON.stringify(imageManifest({ annotations: { tags: 'many' } })));
    const digest = digestOf(bytes, 'sha512');
    const tags = Array.from({ length: 12 }, (_, number) => `1.${number}`);
    const answer = await registry.putManifest('app', `${digest}?${tags.map((tag) => `tag=${tag}`).join('&')}`, bytes);
    expect(answer.headers.get('oci-tag')?.split(', ')).toEqual(tags);
    for (const tag of tags) expect((await registry.ask('HEAD', path(tag))).headers.get('docker-content-digest')).toBe(digest);
    const refused = await registry.putManifest('app', `${digest}?tag=fine&tag=.bad`, bytes);
    expect(refused.status).toBe(400);
    expect((await registry.ask('HEAD', path('fine'))).status).toBe(404);
  });

  it('takes 4 MB, and refuses more than 8 MiB with 413', async () => {
    const annotated = (size: number) => imageManifest({ annotations: { large: 'x'.repeat(size) } });
    expect((await registry.putManifest('app', 'large', annotated(4_000_000))).status).toBe(201);
    const refused = await registry.putManifest('app', 'larger', annotated(8 * MiB));
    expect([refused.status, refused.codes]).toEqual([413, ['MANIFEST_INVALID']]);
  });
});

describe('oci/conformance: manifests that are refused', () => {
  it.each([
    ['no JSON', 'no', 400, 'MANIFEST_INVALID'],
    ['a list', '[]', 400, 'MANIFEST_INVALID'],
    ['of another type than it says', imageManifest({ mediaType: MEDIA_TYPES.index }), 400, 'MANIFEST_INVALID'],
    ['a manifest and an index at once', imageManifest({ manifests: [] }), 400, 'MANIFEST_INVALID'],
    ['without a config', imageManifest({ config: undefined }), 400, 'MANIFEST_INVALID'],
    ['with a digest that is none', imageManifest({ config: { ...EMPTY_BLOB, digest: '../../x' } }), 400, 'MANIFEST_INVALID'],
    ['with a size that is none', imageManifest({ config: { ...EMPTY_BLOB, size: 2 ** 53 } }), 400, 'MANIFEST_INVALID'],
    ['with a blob of another size', imageManifest({ config: { ...EMPTY_BLOB, size: 3 } }), 400, 'MANIFEST_INVALID'],
    ['whose config is missing', imageManifest({ config: missingBlob }), 404, 'MANIFEST_BLOB_UNKNOWN'],
    ['whose layer is missing', imageManifest({ layers: [missingBlob] }), 404, 'MANIFEST_BLOB_UNKNOWN'],
  ])('is %s', async (_, document, status, code) => {
    const bytes = Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
    const answer = await registry.putManifest('app', 'refused', bytes);
    expect([answer.status, answer.codes]).toEqual([status, [code]]);
    for (const reference of ['refused', digestOf(bytes)]) expect((await registry.ask('HEAD', path(reference))).status).toBe(404);
  });

  it('is one of a type that is no manifest', async () => {
    const answer = await registry.putManifest('app', 'refused', {}, 'application/json');
    expect([answer.status, answer.codes]).toEqual([400, ['MANIFEST_INVALID']]);
  });

  it.each([missing, digestOf(Buffer.from('missing'), 'sha512'), 'sha256:short', 'blake3:00'])(
    'is not the %s that it is pushed as',
    async (digest) => {
      const answer = await registry.putManifest('app', digest, imageManifest());
      expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
    },
  );

  it.each(['.tag', '-tag', `${'t'.repeat(129)}`, 'a%20b', 'a%2Bb'])('has the tag %s', async (tag) => {
    expect((await registry.putManifest('app', tag, imageManifest())).status).toBe(400);
    expect((await registry.ask('GET', path(tag))).status).toBe(404);
  });

  it('is one whose blobs only another repository has', async () => {
    const answer = await registry.putManifest('fresh', 'v1', imageManifest());
    expect([answer.status, answer.codes]).toEqual([404, ['MANIFEST_BLOB_UNKNOWN']]);
  });
});

describe('oci/conformance: manifests that are missing, and deleting them', () => {
  it.each([
    ['v9', 'app', 404, 'MANIFEST_UNKNOWN'],
    [missing, 'app', 404, 'MANIFEST_UNKNOWN'],
    ['v1', 'nowhere', 404, 'NAME_UNKNOWN'],
    ['sha256:short', 'app', 400, 'DIGEST_INVALID'],
  ])('does not have %s in %s', async (reference, repository, status, code) => {
    for (const method of ['GET', 'DELETE']) {
      const answer = await registry.ask(method, path(reference, repository));
      expect([answer.status, answer.codes]).toEqual([status, [code]]);
    }
    expect((await registry.ask('HEAD', path(reference, repository))).status).toBe(status);
  });

  it('deletes a tag alone', async () => {
    const { digest } = await registry.pushImage('tagged', 'one');
    await registry.pushImage('tagged', 'two');
    expect((await registry.ask('DELETE', path('one', 'tagged'))).status).toBe(202);
    expect((await registry.ask('HEAD', path('one', 'tagged'))).status).toBe(404);
    for (const reference of ['two', digest]) expect((await registry.ask('HEAD', path(reference, 'tagged'))).status).toBe(200);
  });

  it('deletes a manifest with its tags, in one repository', async () => {
    const { digest } = await registry.pushImage('doomed', 'one');
    await registry.pushImage('doomed', 'two');
    await registry.pushImage('spared', 'one');
    expect((await registry.ask('DELETE', path(digest, 'doomed'))).status).toBe(202);
    for (const reference of ['one', 'two', digest]) expect((await registry.ask('HEAD', path(reference, 'doomed'))).status).toBe(404);
    expect((await registry.ask('GET', path(digest, 'spared'))).status).toBe(200);
    expect((await registry.pushImage('doomed', 'one')).digest).toBe(digest);
  });
});
