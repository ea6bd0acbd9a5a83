import { describe, expect, it } from 'vitest';
import { referrersTag } from '../../../src/oci/format/digest-tags.ts';
import { artifactTypeOf, blobsOf, MAX_MANIFEST, parseManifest } from '../../../src/oci/format/manifest.ts';
import { MEDIA_TYPES } from '../../../src/oci/format/media-types.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const config = { mediaType: MEDIA_TYPES.config, digest: DIGEST, size: 2 };
const layer = { mediaType: MEDIA_TYPES.layerGzip, digest: OTHER, size: 7 };
const image = { schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config, layers: [layer] };
const child = {
  mediaType: MEDIA_TYPES.manifest,
  digest: DIGEST,
  size: 5,
  platform: { os: 'linux', architecture: 'arm', variant: 'v7', 'os.features': ['x'] },
};

function parse(document: object | string, mediaType?: string): ReturnType<typeof parseManifest> {
  return parseManifest(Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)), mediaType, 'it');
}

describe('parseManifest', () => {
  it('reads images and indexes of OCI and of Docker', () => {
    expect(parse(image)).toEqual({
      kind: 'image',
      mediaType: MEDIA_TYPES.manifest,
      config,
      layers: [layer],
      manifests: [],
      annotations: {},
    });
    expect(parse({ ...image, mediaType: MEDIA_TYPES.dockerManifest }, MEDIA_TYPES.dockerManifest)).toMatchObject({ kind: 'image' });
    const platform = { os: 'linux', architecture: 'arm', variant: 'v7' };
    for (const mediaType of [MEDIA_TYPES.index, MEDIA_TYPES.dockerList])
      expect(parse({ schemaVersion: 2, mediaType, manifests: [child] })).toMatchObject({
        kind: 'index',
        mediaType,
        manifests: [{ ...child, platform }],
      });
  });

  it('goes by what it was sent as where it does not say itself, and by its form where nothing says', () => {
    const { mediaType, ...silent } = image;
    expect(parse(silent, MEDIA_TYPES.manifest).mediaType).toBe(mediaType);
    expect(parse(silent).kind).toBe('image');
    expect(parse({ schemaVersion: 2, manifests: [] }).kind).toBe('index');
  });

  it('passes over what it does not know, and takes null for nothing', () => {
    expect(parse({ ...image, future: { a: 1 }, annotations: null, subject: null, layers: null })).toMatchObject({
      layers: [],
      annotations: {},
    });
    expect(parse({ ...image, config: { ...config, data: 'e30=', urls: null, platform: null, annotations: null } }).config).toEqual(config);
  });

  it('has artifacts, subjects and annotations', () => {
    const subject = { mediaType: MEDIA_TYPES.manifest, digest: DIGEST, size: 7 };
    const manifest = parse({ ...image, artifactType: 'a/b', subject, annotations: { made: 'today' } });
    expect(manifest).toMatchObject({ artifactType: 'a/b', subject, annotations: { made: 'today' } });
    expect(artifactTypeOf(manifest)).toBe('a/b');
    expect(artifactTypeOf(parse(image))).toBe(MEDIA_TYPES.config);
    expect(artifactTypeOf(parse({ schemaVersion: 2, manifests: [] }))).toBeUndefined();
  });

  it('takes nothing from a prototype', () => {
    const hostile = `{"schemaVersion":2,"config":${JSON.stringify(config)},"layers":[],"annotations":{"__proto__":"x","a":"b"},"__proto__":{"subject":7}}`;
    const manifest = parse(hostile);
    expect(manifest.subject).toBeUndefined();
    expect(Object.keys({})).toEqual([]);
    expect(Object.getPrototypeOf(manifest.annotations)).toBe(Object.prototype);
    expect(manifest.annotations['a']).toBe('b');
  });

  const bad: readonly (readonly [string, object | string, string?])[] = [
    ['no JSON', '{'],
    ['a list', []],
    ['null', 'null'],
    ['version 1', { ...image, schemaVersion: 1 }],
    ['both', { ...image, manifests: [] }],
    ['both, with a config only', { schemaVersion: 2, config, manifests: [] }],
    ['neither', { schemaVersion: 2 }],
    ['no config', { schemaVersion: 2, layers: [] }],
    ['another type than it was sent as', image, MEDIA_TYPES.dockerManifest],
    ['an index sent as an image', { schemaVersion: 2, manifests: [] }, MEDIA_TYPES.manifest],
    ['an image sent as an index', { schemaVersion: 2, config, layers: [] }, MEDIA_TYPES.index],
    ['an unknown type', { ...image, mediaType: 'application/json' }],
    ['a digest that leads out', { ...image, layers: [{ ...layer, digest: 'sha256:../../x' }] }],
    ['a digest in capitals', { ...image, layers: [{ ...layer, digest: OTHER.toUpperCase() }] }],
    ['a digest that is too short', { ...image, layers: [{ ...layer, digest: 'sha256:abcd' }] }],
    ['no digest', { ...image, layers: [{ ...layer, digest: undefined }] }],
    ['a negative size', { ...image, layers: [{ ...layer, size: -1 }] }],
    ['half a byte', { ...image, layers: [{ ...layer, size: 0.5 }] }],
    ['a size that no number holds', { ...image, layers: [{ ...layer, size: 2 ** 53 }] }],
    ['a size in text', { ...image, layers: [{ ...layer, size: '7' }] }],
    ['annotations that are no text', { ...image, annotations: { a: 1 } }],
    ['too much', `${JSON.stringify(image)}${' '.repeat(MAX_MANIFEST)}`],
  ];
  for (const [name, document, mediaType] of bad) {
    it(`refuses ${name}`, () => {
      expect(() => parse(document, mediaType)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
    });
  }

  it('refuses what is no UTF-8', () => {
    expect(() => parseManifest(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), undefined, 'it')).toThrow(/is no JSON/);
  });
});

describe('blobsOf', () => {
  it('has config and layers once each, and none that are not to be passed on', () => {
    const foreign = {
      ...layer,
      digest: `sha256:${'c'.repeat(64)}`,
      mediaType: `${MEDIA_TYPES.dockerLayer.replace('rootfs', 'rootfs.foreign')}.gzip`,
    };
    const nondistributable = {
      ...layer,
      digest: `sha256:${'d'.repeat(64)}`,
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
    };
    const digests = blobsOf(parse({ ...image, layers: [layer, layer, foreign, nondistributable] })).map(({ digest }) => digest);
    expect(digests).toEqual([DIGEST, OTHER]);
  });
});

describe('referrersTag', () => {
  it('is the digest with what no tag has replaced, cut to the length of tags', () => {
    expect(referrersTag(DIGEST)).toBe(`sha256-${'a'.repeat(64)}`);
    expect(referrersTag(`sha512:${'b'.repeat(128)}`)).toBe(`sha512-${'b'.repeat(64)}`);
    expect(referrersTag('a+b:c=')).toBe('a-b-c-');
  });
});
