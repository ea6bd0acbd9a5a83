import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { referrersTag } from '../../../src/oci/format/digest-tags.ts';
import { MEDIA_TYPES } from '../../../src/oci/format/media-types.ts';
import { EMPTY, EMPTY_BLOB, imageManifest, type ServedRegistry, serveRegistry } from './served-registry.ts';

let registry: ServedRegistry;

beforeAll(async () => {
  registry = await serveRegistry();
});
afterAll(() => registry.close());

async function json(path: string): Promise<{ readonly value: Record<string, unknown>; readonly link: string | undefined }> {
  const answer = await registry.ask('GET', path);
  expect(answer.status).toBe(200);
  return { value: JSON.parse(answer.body.toString()), link: /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1] };
}

/** Follows links to the last page. */
async function pages(path: string, key: string): Promise<unknown[][]> {
  const all: unknown[][] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const { value, link } = await json(next);
    all.push(value[key] as unknown[]);
    next = link;
  }
  return all;
}

describe('oci/conformance: lists of tags', () => {
  // In the order of their bytes.
  const tags = ['1.10', '1.9', 'B', '_x', 'a', 'a-b', 'latest'];

  beforeAll(async () => {
    for (const tag of [...tags].reverse()) await registry.pushImage('tags', tag);
  });

  it('lists all, in the order of their bytes', async () => {
    expect(await json('/v2/tags/tags/list')).toEqual({ value: { name: 'tags', tags }, link: undefined });
  });

  it.each([
    ['n=3', tags.slice(0, 3), true],
    ['n=7', tags, false],
    ['n=100', tags, false],
    ['n=0', [], false],
    ['last=_x', tags.slice(4), false],
    ['n=2&last=1.9', tags.slice(2, 4), true],
    ['n=2&last=Z', tags.slice(3, 5), true],
    ['last=latest', [], false],
    ['n=999999999999', tags, false],
  ])('lists %s', async (query, expected, more) => {
    const { value, link } = await json(`/v2/tags/tags/list?${query}`);
    expect([value, link !== undefined]).toEqual([{ name: 'tags', tags: expected }, more]);
  });

  it('says where the list goes on', async () => {
    expect(await pages('/v2/tags/tags/list?n=3', 'tags')).toEqual([tags.slice(0, 3), tags.slice(3, 6), tags.slice(6)]);
  });

  it.each(['-1', 'abc', '1.5', '', '99999999999999999999'])('refuses n=%s', async (n) => {
    for (const path of ['/v2/tags/tags/list', '/v2/_catalog']) expect((await registry.ask('GET', `${path}?n=${n}`)).status).toBe(400);
  });

  it('is empty where all tags are deleted, and not there in an unknown repository', async () => {
    await registry.pushImage('untagged', 'v1');
    await registry.ask('DELETE', '/v2/untagged/manifests/v1');
    expect((await json('/v2/untagged/tags/list')).value).toEqual({ name: 'untagged', tags: [] });
    const unknown = await registry.ask('GET', '/v2/unknown/tags/list');
    expect([unknown.status, unknown.codes]).toEqual([404, ['NAME_UNKNOWN']]);
  });
});

describe('oci/conformance: the catalog', () => {
  it('lists repositories that have a manifest, in pages', async () => {
    for (const name of ['c/one', 'c/two', 'c/three']) await registry.pushImage(name, 'v1');
    await registry.pushBlob('c/blobs', 'only');
    const all = (await json('/v2/_catalog')).value['repositories'] as string[];
    expect(all.filter((name) => name.startsWith('c/'))).toEqual(['c/one', 'c/three', 'c/two']);
    expect((await pages('/v2/_catalog?n=2', 'repositories')).flat()).toEqual(all);
  });
});

describe('oci/conformance: referrers', () => {
  const subject = { mediaType: MEDIA_TYPES.manifest, digest: digestOf(Buffer.from('subject')), size: 7 };
  const path = (digest = subject.digest, repository = 'refs'): string => `/v2/${repository}/referrers/${digest}`;

  async function put(
    document: Record<string, unknown>,
    reference?: string,
    repository = 'refs',
  ): Promise<{ digest: string; size: number }> {
    const bytes = Buffer.from(JSON.stringify(document));
    const digest = digestOf(bytes);
    const answer = await registry.putManifest(repository, reference ?? digest, bytes, String(document['mediaType']));
    expect(answer.status).toBe(201);
    return { digest, size: bytes.length };
  }

  it('is an empty index where nothing refers to a digest, even in an unknown repository', async () => {
    const answer = await registry.ask('GET', path(subject.digest, 'unknown'));
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, MEDIA_TYPES.index]);
    expect(JSON.parse(answer.body.toString())).toEqual({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [] });
  });

  it.each(['sha256:short', 'latest', 'sha3:00'])('refuses the digest %s', async (digest) => {
    const answer = await registry.ask('GET', path(digest));
    expect([answer.status, answer.codes]).toEqual([400, ['DIGEST_INVALID']]);
  });

  it('lists images, artifacts and indexes with their types and annotations, and filters them', async () => {
    await registry.pushBlob('refs', EMPTY);
    const annotations = { 'org.example': 'value' };
    const artifact = await put(imageManifest({ subject, artifactType: 'application/vnd.example.sbom+json', annotations }));
    const image = await put(imageManifest({ subject, config: { ...EMPTY_BLOB, mediaType: 'application/vnd.example.config' } }));
    const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [], subject };
    const plain = await put(index);
    const typed = await put({ ...index, artifactType: 'application/vnd.example.list' });
    const old = await put({ mediaType: MEDIA_TYPES.artifactManifest, artifactType: 'application/vnd.old', blobs: [], subject });
    const listed = async (query = '') => (await json(`${path()}${query}`)).value['manifests'];
    const expected = [
      { ...artifact, mediaType: MEDIA_TYPES.manifest, artifactType: 'application/vnd.example.sbom+json', annotations },
      { ...image, mediaType: MEDIA_TYPES.manifest, artifactType: 'application/vnd.example.config' },
      { ...plain, mediaType: MEDIA_TYPES.index },
      { ...typed, mediaType: MEDIA_TYPES.index, artifactType: 'application/vnd.example.list' },
      { ...old, mediaType: MEDIA_TYPES.artifactManifest, artifactType: 'application/vnd.old' },
    ].sort((a, b) => (a.digest < b.digest ? -1 : 1));
    expect(await listed()).toEqual(expected);

    for (const type of ['application%2Fvnd.example.sbom%2Bjson', 'application/vnd.example.sbom+json']) {
      const filtered = await registry.ask('GET', `${path()}?artifactType=${type}`);
      expect(filtered.headers.get('oci-filters-applied')).toBe('artifactType');
      expect(JSON.parse(filtered.body.toString()).manifests).toEqual(expected.filter(({ digest }) => digest === artifact.digest));
    }
    expect(await listed('?artifactType=none')).toEqual([]);
    expect((await json(path(subject.digest, 'elsewhere'))).value['manifests']).toEqual([]);

    await registry.ask('DELETE', `/v2/refs/manifests/${image.digest}`);
    expect(await listed()).toEqual(expected.filter(({ digest }) => digest !== image.digest));
  });

  it('also lists what a client keeps at the tag of the referrers tag schema', async () => {
    await registry.pushBlob('fallback', EMPTY);
    const direct = await put(imageManifest({ subject }), undefined, 'fallback');
    const annotations = { kept: 'by hand' };
    const other = await put(imageManifest({ annotations: { signature: 'x' } }), 'other', 'fallback');
    const entry = { mediaType: MEDIA_TYPES.manifest, ...other, artifactType: 'application/vnd.example.signature', annotations };
    const gone = { ...entry, digest: digestOf(Buffer.from('gone')) };
    const list = {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.index,
      manifests: [entry, gone, { mediaType: MEDIA_TYPES.manifest, ...direct }],
    };
    await put(list, referrersTag(subject.digest), 'fallback');
    const manifests = (await json(path(subject.digest, 'fallback'))).value['manifests'] as { digest: string }[];
    expect(manifests.map(({ digest }) => digest)).toEqual([direct.digest, other.digest].sort());
    expect(manifests.find(({ digest }) => digest === other.digest)).toEqual(entry);
  });

  it('gives what is too much for one manifest in pages', async () => {
    await registry.pushBlob('many', EMPTY);
    const pushed: string[] = [];
    for (let number = 0; number < 5; number++) {
      const annotations = { number: String(number), large: 'x'.repeat(1_000_000) };
      pushed.push((await put(imageManifest({ subject, annotations }), undefined, 'many')).digest);
    }
    const found = (await pages(path(subject.digest, 'many'), 'manifests')) as { digest: string }[][];
    expect(found.length).toBeGreaterThan(1);
    expect(found.flat().map(({ digest }) => digest)).toEqual(pushed.sort());
  });
});
