/** Media types of the OCI image specification, of Docker's schema 2 before it, and of what is stored beside images. */
export const MEDIA_TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  /** Of version 1.1 of the image specification before its release; there are still some. */
  artifactManifest: 'application/vnd.oci.artifact.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  helmConfig: 'application/vnd.cncf.helm.config.v1+json',
  helmChart: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
} as const;

const INDEXES: ReadonlySet<string> = new Set([MEDIA_TYPES.index, MEDIA_TYPES.dockerList]);
const IMAGES: ReadonlySet<string> = new Set([MEDIA_TYPES.manifest, MEDIA_TYPES.dockerManifest, MEDIA_TYPES.artifactManifest]);

/** Every media type that a manifest or index is asked for by, the newest first. */
export const MANIFEST_TYPES: readonly string[] = [
  MEDIA_TYPES.index,
  MEDIA_TYPES.manifest,
  MEDIA_TYPES.dockerList,
  MEDIA_TYPES.dockerManifest,
  MEDIA_TYPES.artifactManifest,
];

/** Whether content of this type lists manifests. */
export function isIndexType(mediaType: string): boolean {
  return INDEXES.has(mediaType);
}

/** Whether content of this type is a manifest or an index, and refers to other content. */
export function isManifestType(mediaType: string): boolean {
  return IMAGES.has(mediaType) || INDEXES.has(mediaType);
}

/** Whether a layer of this type is not meant to be passed on: its publisher has clients fetch it from elsewhere. */
export function isNonDistributable(mediaType: string): boolean {
  return /\.(?:nondistributable|foreign)\./.test(mediaType);
}
