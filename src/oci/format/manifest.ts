import { z } from 'zod';
import { MirrorError } from '../../core/errors.ts';
import { annotationsSchema, type Descriptor, descriptorSchema, parseJsonBy } from './descriptor.ts';
import { isIndexType, isManifestType, isNonDistributable, MEDIA_TYPES } from './media-types.ts';

/** A manifest of an image, chart or other artifact, or an index of manifests. Only what it says of other content; its bytes are kept beside it. */
export interface Manifest {
  readonly kind: 'image' | 'index';
  readonly mediaType: string;
  /** As it is stated; see `artifactTypeOf` for what it is to be shown by. */
  readonly artifactType?: string | undefined;
  /** Of an image. */
  readonly config?: Descriptor | undefined;
  /** Of an image. */
  readonly layers: readonly Descriptor[];
  /** Of an index. */
  readonly manifests: readonly Descriptor[];
  /** The manifest that this one is about: a signature, an attestation, an SBOM. */
  readonly subject?: Descriptor | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Most bytes of a manifest that are accepted, 8 MiB: the specification wants at least 4 MB to pass. */
export const MAX_MANIFEST = 8 * 1024 * 1024;
/** Most descriptors in one manifest. */
const MAX_DESCRIPTORS = 100_000;

const documentSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: descriptorSchema.nullish(),
  layers: z.array(descriptorSchema).max(MAX_DESCRIPTORS).nullish(),
  manifests: z.array(descriptorSchema).max(MAX_DESCRIPTORS).nullish(),
  subject: descriptorSchema.nullish(),
  annotations: annotationsSchema.nullish(),
});

/** An artifact manifest as releases candidates of the image specification 1.1 had it; what is in it reads like an image without a config. */
const artifactSchema = z
  .looseObject({
    mediaType: z.string().optional(),
    artifactType: z.string().optional(),
    blobs: z.array(descriptorSchema).max(MAX_DESCRIPTORS).nullish(),
    config: z.undefined().optional(),
    layers: z.undefined().optional(),
    manifests: z.undefined().optional(),
    subject: descriptorSchema.nullish(),
    annotations: annotationsSchema.nullish(),
  })
  .transform(({ blobs, ...document }) => ({ ...document, layers: blobs ?? [] }));

/**
 * Reads a manifest or index, OCI or Docker schema 2 (image specification, manifest.md and image-index.md).
 * @param mediaType what it was sent or described as; undefined where only the document itself says it.
 * @param what names it in errors.
 * Throws MANIFEST_INVALID where it is malformed, of another type than it says itself, or both a manifest and an index at once (CVE-2021-41190).
 */
export function parseManifest(bytes: Uint8Array, mediaType: string | undefined, what: string): Manifest {
  const invalid = (why: string): MirrorError => new MirrorError('MANIFEST_INVALID', `${what} ${why}`);
  if (bytes.length > MAX_MANIFEST) throw invalid(`has ${bytes.length} bytes; at most ${MAX_MANIFEST} are accepted`);
  const isArtifact = mediaType === MEDIA_TYPES.artifactManifest;
  const document = parseJsonBy(isArtifact ? artifactSchema : documentSchema, bytes, what);
  const hasImage = document.config != null || document.layers != null;
  const hasIndex = document.manifests != null;
  if (hasImage && hasIndex) throw invalid('is a manifest and an index at once');
  if (mediaType !== undefined && document.mediaType !== undefined && document.mediaType !== mediaType)
    throw invalid(`says that it is ${document.mediaType}, and was given as ${mediaType}`);
  const type = mediaType ?? document.mediaType ?? (hasIndex ? MEDIA_TYPES.index : MEDIA_TYPES.manifest);
  if (!isManifestType(type)) throw invalid(`is of the type ${type}, which is neither a manifest nor an index`);
  const kind = isIndexType(type) ? 'index' : 'image';
  if (kind === 'index' ? !hasIndex : !hasImage)
    throw invalid(`is no ${kind === 'index' ? 'index' : 'manifest'}, though it is of the type ${type}`);
  if (kind === 'image' && !isArtifact && document.config == null) throw invalid('has no config');
  return {
    kind,
    mediaType: type,
    ...(document.artifactType === undefined ? {} : { artifactType: document.artifactType }),
    ...(document.config == null ? {} : { config: document.config }),
    layers: document.layers ?? [],
    manifests: document.manifests ?? [],
    ...(document.subject == null ? {} : { subject: document.subject }),
    annotations: document.annotations ?? {},
  };
}

/** What an image is made of, also what is not to be passed on. Of an index none. */
export function configAndLayers({ config, layers }: Pick<Manifest, 'config' | 'layers'>): readonly Descriptor[] {
  return config === undefined ? layers : [config, ...layers];
}

/** The blobs of an image that are stored with it: its config and layers, each once, those that are not to be passed on left out. Of an index none. */
export function blobsOf({ config, layers }: Manifest): Descriptor[] {
  const byDigest = new Map(
    configAndLayers({ config, layers })
      .filter(({ mediaType }) => !isNonDistributable(mediaType))
      .map((blob) => [blob.digest, blob]),
  );
  return [...byDigest.values()];
}

/** What kind of artifact a manifest is (distribution specification, "Listing referrers"): as it says, else the type of an image's config. */
export function artifactTypeOf({ artifactType, config, kind }: Manifest): string | undefined {
  if (artifactType !== undefined && artifactType !== '') return artifactType;
  return kind === 'image' ? config?.mediaType : undefined;
}
