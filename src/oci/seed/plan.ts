import { MirrorError } from '../../core/errors.ts';
import type { ImageContent, SourceImage } from '../content.ts';
import type { Descriptor } from '../format/descriptor.ts';
import { cosignTags } from '../format/digest-tags.ts';
import { blobsOf, type Manifest, parseManifest } from '../format/manifest.ts';
import { isManifestType } from '../format/media-types.ts';
import { formatPlatform, matchesPlatform, type Platform } from '../format/platform.ts';
import type { ManifestBytes } from './target.ts';

/** A manifest with the blobs that must be there before it. */
export interface PlannedManifest extends ManifestBytes {
  readonly blobs: readonly Descriptor[];
  /** Where it is kept at a tag of its own: cosign's signatures are. */
  readonly tag?: string | undefined;
}

/** Everything that belongs to one image, and where it goes. */
export interface ImagePlan {
  readonly image: SourceImage;
  readonly destination: Destination;
  /** What the root refers to, each before what refers to it. */
  readonly children: readonly PlannedManifest[];
  readonly root: PlannedManifest;
  /** Signatures, attestations and whatever else is about the root or a child, in the order in which they are stored. */
  readonly referrers: readonly PlannedManifest[];
  /** Whether members of an index are left out, which other platforms are. */
  readonly partial: boolean;
}

/** Where an image goes in the target. */
export interface Destination {
  readonly repository: string;
  /** Undefined where it is only kept by its digest. */
  readonly tag: string | undefined;
}

export interface PlanOptions {
  /** Only these; every platform where it is empty. The index stays as it is, and lacks the others. */
  readonly platforms: readonly Platform[];
  /** Also what refers to the image. */
  readonly referrers: boolean;
}

/** Indexes in indexes, and referrers of referrers. */
const MAX_DEPTH = 8;
const MAX_MANIFESTS = 10_000;

/**
 * Reads the manifests of an image, and finds what belongs to it. Throws MANIFEST_INVALID (also where indexes nest too deep), IMAGE_UNKNOWN where it is for
 * none of the platforms, and what the source throws.
 */
export async function planImage(image: SourceImage, destination: Destination, options: PlanOptions): Promise<ImagePlan> {
  const walk = new Walk(image.content, options);
  const root = await walk.tree(image.root, 0);
  const children = walk.take().filter(({ digest }) => digest !== root.digest);
  if (options.referrers) for (const { digest } of [...children, root]) await walk.referrersOf(digest, 0);
  return { image, destination, children, root, referrers: walk.take(), partial: walk.partial };
}

class Walk {
  readonly #content: ImageContent;
  readonly #options: PlanOptions;
  readonly #seen = new Map<string, PlannedManifest>();
  #found: PlannedManifest[] = [];
  /** Whether members were left out so far. */
  partial = false;

  constructor(content: ImageContent, options: PlanOptions) {
    this.#content = content;
    this.#options = options;
  }

  /** What was found since the last call. */
  take(): PlannedManifest[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  async tree(descriptor: Descriptor, depth: number, tag?: string): Promise<PlannedManifest> {
    const { digest, mediaType } = descriptor;
    const known = this.#seen.get(digest);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH) throw new MirrorError('MANIFEST_INVALID', `${digest} is nested more than ${MAX_DEPTH} indexes deep`);
    if (this.#seen.size >= MAX_MANIFESTS) throw new MirrorError('MANIFEST_INVALID', `the image has more than ${MAX_MANIFESTS} manifests`);
    const bytes = await this.#content.manifest(descriptor);
    const manifest = parseManifest(bytes, mediaType, `the manifest ${digest}`);
    const members = this.#members(manifest, digest);
    for (const child of members) if (isManifestType(child.mediaType)) await this.tree(child, depth + 1);
    const others = members.filter((child) => !isManifestType(child.mediaType));
    const planned = { digest, mediaType, bytes, blobs: [...blobsOf(manifest), ...others], ...(tag === undefined ? {} : { tag }) };
    this.#seen.set(digest, planned);
    this.#found.push(planned);
    return planned;
  }

  async referrersOf(digest: string, depth: number): Promise<void> {
    if (depth > MAX_DEPTH) return;
    for (const descriptor of await this.#content.referrers(digest)) await this.#referrer(descriptor, depth);
    const tagged = await Promise.all(cosignTags(digest).map(async (tag) => ({ tag, found: await this.#content.tagged(tag) })));
    for (const { tag, found } of tagged) if (found !== undefined) await this.#referrer(found, depth, tag);
  }

  async #referrer(descriptor: Descriptor, depth: number, tag?: string): Promise<void> {
    if (this.#seen.has(descriptor.digest)) return;
    await this.tree(descriptor, 0, tag);
    await this.referrersOf(descriptor.digest, depth + 1);
  }

  /** The members of an index that are wanted; what buildx attaches to one of them comes with it. */
  #members({ manifests }: Manifest, digest: string): readonly Descriptor[] {
    const { platforms } = this.#options;
    const runnable = manifests.filter(({ platform }) => platform !== undefined && platform.os !== 'unknown');
    if (platforms.length === 0 || runnable.length === 0) return manifests;
    const isWanted = (platform: Platform): boolean => platforms.some((wanted) => matchesPlatform(platform, wanted));
    const wanted = runnable.filter(({ platform }) => platform !== undefined && isWanted(platform));
    if (wanted.length === 0) {
      const there = runnable.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]));
      throw new MirrorError(
        'IMAGE_UNKNOWN',
        `${digest} is not for ${platforms.map(formatPlatform).join(' or ')}, only for ${there.join(', ')}`,
      );
    }
    const digests = new Set(wanted.map((member) => member.digest));
    const attached = manifests.filter(({ annotations }) => digests.has(annotations?.['vnd.docker.reference.digest'] ?? ''));
    const members = [...new Set([...wanted, ...attached])];
    if (members.length < manifests.length) this.partial = true;
    return members;
  }
}
