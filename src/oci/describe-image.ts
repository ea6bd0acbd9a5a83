import { collect } from '../codec/decompress.ts';
import { isMirrorError } from '../core/errors.ts';
import type { ImageContent } from './content.ts';
import type { Descriptor } from './format/descriptor.ts';
import { blobsOf, type Manifest, parseManifest } from './format/manifest.ts';
import { isManifestType, MEDIA_TYPES } from './format/media-types.ts';
import { formatPlatform, type Platform } from './format/platform.ts';

/** What people want to know of an image. */
export interface ImageDescription {
  readonly digest: string;
  readonly mediaType: string;
  /** An image for one platform or several, a chart, or anything else that is kept as one. */
  readonly kind: 'image' | 'chart' | 'artifact';
  /** Such as linux/amd64, in the order of the index; of a single image where its config says it. */
  readonly platforms: readonly string[];
  /** Of all blobs and manifests, each once, in bytes. What is not there is not counted. */
  readonly size: number;
}

const MAX_DEPTH = 8;
const IMAGE_CONFIGS: ReadonlySet<string> = new Set([MEDIA_TYPES.config, MEDIA_TYPES.dockerConfig]);
const MAX_CONFIG = 8 * 1024 * 1024;

/** Reads the manifests of an image. Members of an index that are not there are passed over: it may have been seeded for some platforms only. Throws what the content throws. */
export async function describeImage(root: Descriptor, content: ImageContent): Promise<ImageDescription> {
  const sizes = new Map<string, number>();
  const platforms = new Set<string>();
  const visit = async (descriptor: Descriptor, depth: number): Promise<Manifest> => {
    const manifest = parseManifest(await content.manifest(descriptor), descriptor.mediaType, `the manifest ${descriptor.digest}`);
    sizes.set(descriptor.digest, descriptor.size);
    for (const blob of blobsOf(manifest)) sizes.set(blob.digest, blob.size);
    for (const member of manifest.manifests) {
      if (!isManifestType(member.mediaType) || sizes.has(member.digest) || depth >= MAX_DEPTH) continue;
      if (!(await isThere(() => visit(member, depth + 1)))) continue;
      if (member.platform !== undefined && member.platform.os !== 'unknown') platforms.add(formatPlatform(member.platform));
    }
    return manifest;
  };
  const { config } = await visit(root, 0);
  const platform = config !== undefined && IMAGE_CONFIGS.has(config.mediaType) ? await platformOf(config, content) : undefined;
  if (platform !== undefined) platforms.add(formatPlatform(platform));
  const size = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  return { digest: root.digest, mediaType: root.mediaType, kind: kindOf(config), platforms: [...platforms], size };
}

/** By the config; an index is taken for one of images. */
function kindOf(config: Descriptor | undefined): ImageDescription['kind'] {
  if (config === undefined || IMAGE_CONFIGS.has(config.mediaType)) return 'image';
  return config.mediaType === MEDIA_TYPES.helmConfig ? 'chart' : 'artifact';
}

async function isThere(visit: () => Promise<unknown>): Promise<boolean> {
  try {
    await visit();
    return true;
  } catch (error) {
    if (isMirrorError(error, 'IMAGE_UNKNOWN', 'BLOB_MISSING')) return false;
    throw error;
  }
}

/** What the config of an image says; undefined where it says nothing, or cannot be read. */
async function platformOf(config: Descriptor, content: ImageContent): Promise<Platform | undefined> {
  if (config.size > MAX_CONFIG || !(await content.has(config.digest))) return undefined;
  const bytes = await collect(content.blob(config, 0), config.size, `the config ${config.digest}`);
  try {
    const { os, architecture, variant }: { os?: unknown; architecture?: unknown; variant?: unknown } = JSON.parse(bytes.toString('utf8'));
    if (typeof os !== 'string' || typeof architecture !== 'string') return undefined;
    return { os, architecture, ...(typeof variant === 'string' && variant !== '' ? { variant } : {}) };
  } catch {
    return undefined;
  }
}
