import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { diffIdsOf, dockerManifest, parseDockerManifest } from '../../../src/oci/format/docker-archive.ts';
import { parseManifest } from '../../../src/oci/format/manifest.ts';
import { MEDIA_TYPES } from '../../../src/oci/format/media-types.ts';

const config = { digest: `sha256:${'a'.repeat(64)}`, size: 7, compression: 'none' } as const;
const layer = { digest: `sha256:${'b'.repeat(64)}`, size: 9, compression: 'none' } as const;

describe('archives of docker save', () => {
  it('are described by manifest.json', () => {
    const text =
      '[{"Config":"c.json","RepoTags":["a:b"],"Layers":["l.tar"],"LayerSources":{}},{"Config":"d.json","RepoTags":null,"Layers":null}]';
    expect(parseDockerManifest(Buffer.from(text), 'it')).toEqual([
      { config: 'c.json', repoTags: ['a:b'], layers: ['l.tar'] },
      { config: 'd.json', repoTags: [], layers: [] },
    ]);
    for (const wrong of [
      '{}',
      '[{}]',
      '[{"Config":1}]',
      '[{"Config":"c","Layers":[1]}]',
      'x',
      `[{"Config":"c","Layers":[${'"l",'.repeat(1000)}"l"]}]`,
    ])
      expect(() => parseDockerManifest(Buffer.from(wrong), 'it'), wrong.slice(0, 40)).toThrow(
        expect.objectContaining({ code: 'MANIFEST_INVALID' }),
      );
    expect(diffIdsOf(Buffer.from('{"rootfs":{"type":"layers","diff_ids":["x"]},"os":"linux"}'), 'it')).toEqual(['x']);
    expect(() => diffIdsOf(Buffer.from('{"rootfs":{}}'), 'it')).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
  });

  it('get a manifest of schema 2 that is always the same', () => {
    const made = dockerManifest(config, [layer, { ...layer, compression: 'gz' }, { ...layer, compression: 'zst' }], 'it');
    expect(made.descriptor).toEqual({ mediaType: MEDIA_TYPES.dockerManifest, digest: digestOf(made.bytes), size: made.bytes.length });
    expect(dockerManifest(config, [layer, { ...layer, compression: 'gz' }, { ...layer, compression: 'zst' }], 'other').bytes).toEqual(
      made.bytes,
    );
    const { config: found, layers } = parseManifest(made.bytes, MEDIA_TYPES.dockerManifest, 'it');
    expect(found).toEqual({ mediaType: MEDIA_TYPES.dockerConfig, digest: config.digest, size: 7 });
    expect(layers.map(({ mediaType }) => mediaType)).toEqual([
      MEDIA_TYPES.dockerLayer,
      MEDIA_TYPES.dockerLayerGzip,
      `${MEDIA_TYPES.dockerLayer}.zstd`,
    ]);
    expect(() => dockerManifest(config, [{ ...layer, compression: 'xz' }], 'it')).toThrow(
      expect.objectContaining({ code: 'ARCHIVE_INVALID' }),
    );
  });
});
