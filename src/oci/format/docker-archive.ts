import { z } from 'zod';
import type { Compression } from '../../codec/compression.ts';
import { MirrorError } from '../../core/errors.ts';
import { type Descriptor, parseJsonBy } from './descriptor.ts';
import { digestOf } from './digest.ts';
import { MEDIA_TYPES } from './media-types.ts';

/** An image in an archive of `docker save` as its manifest.json describes it. Paths are those of the archive, and may be of links. */
export interface DockerArchiveImage {
  readonly config: string;
  readonly repoTags: readonly string[];
  /** From the lowest on. */
  readonly layers: readonly string[];
}

/** A file of the archive. */
export interface DockerArchiveFile {
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  readonly compression: Compression;
}

const MAX_LAYERS = 1000;

const manifestSchema = z.array(
  z
    .looseObject({
      Config: z.string().min(1),
      RepoTags: z.array(z.string()).nullish(),
      Layers: z.array(z.string()).max(MAX_LAYERS).nullish(),
    })
    .transform(({ Config, RepoTags, Layers }): DockerArchiveImage => ({ config: Config, repoTags: RepoTags ?? [], layers: Layers ?? [] })),
);

const configSchema = z.looseObject({ rootfs: z.looseObject({ diff_ids: z.array(z.string()) }) });

/** Reads manifest.json of an archive of `docker save`. Throws MANIFEST_INVALID. */
export function parseDockerManifest(bytes: Uint8Array, what: string): DockerArchiveImage[] {
  return parseJsonBy(manifestSchema, bytes, `manifest.json of ${what}`);
}

/** The digests of an image's unpacked layers, as its config has them. Throws MANIFEST_INVALID. */
export function diffIdsOf(config: Uint8Array, what: string): readonly string[] {
  return parseJsonBy(configSchema, config, `the config of ${what}`).rootfs.diff_ids;
}

/**
 * The manifest of an image that has none, Docker's schema 2 version 2: the config as it is, so that the image keeps its ID, and the layers as they are.
 * Equal content gives equal bytes. Throws ARCHIVE_INVALID for a layer that is compressed in a way that there is no media type for.
 */
export function dockerManifest(
  config: DockerArchiveFile,
  layers: readonly DockerArchiveFile[],
  what: string,
): { readonly bytes: Buffer; readonly descriptor: Descriptor } {
  const document = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.dockerManifest,
    config: { mediaType: MEDIA_TYPES.dockerConfig, size: config.size, digest: config.digest },
    layers: layers.map(({ compression, size, digest }) => ({ mediaType: layerTypeOf(compression, what), size, digest })),
  };
  const bytes = Buffer.from(JSON.stringify(document));
  return { bytes, descriptor: { mediaType: MEDIA_TYPES.dockerManifest, digest: digestOf(bytes), size: bytes.length } };
}

function layerTypeOf(compression: Compression, what: string): string {
  if (compression === 'none') return MEDIA_TYPES.dockerLayer;
  if (compression === 'gz') return MEDIA_TYPES.dockerLayerGzip;
  if (compression === 'zst') return `${MEDIA_TYPES.dockerLayer}.zstd`;
  throw new MirrorError('ARCHIVE_INVALID', `${what} has a layer that is compressed as ${compression}, which no client reads`);
}
