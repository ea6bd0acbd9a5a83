import { checked } from '../../codec/checked.ts';
import { TAR_END, tarHeader, tarPadding } from '../../codec/tar-writer.ts';
import type { Checksum } from '../../core/digests.ts';
import { MirrorError } from '../../core/errors.ts';
import { compareText } from '../../core/order.ts';
import type { ImageContent, SourceImage } from '../content.ts';
import type { Descriptor } from '../format/descriptor.ts';
import { parseDigest } from '../format/digest.ts';
import { cosignTags } from '../format/digest-tags.ts';
import { blobPathOf, CONTAINERD_NAME, LAYOUT_BLOBS, LAYOUT_FILE, LAYOUT_INDEX, LAYOUT_VERSION, REF_NAME } from '../format/layout.ts';
import { configAndLayers, parseManifest } from '../format/manifest.ts';
import { isManifestType, isNonDistributable, MEDIA_TYPES } from '../format/media-types.ts';
import { formatReference } from '../format/reference.ts';

export interface WriteArchiveOptions {
  /** Whether signatures, attestations and other manifests that refer to the image go along, each as an entry of its own in the archive's index. */
  readonly referrers?: boolean | undefined;
}

/** Indexes in indexes, and referrers of referrers. */
const MAX_DEPTH = 8;

/** A blob of the archive: of a manifest with its bytes. */
interface PlannedBlob {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer | undefined;
}

interface Plan {
  readonly content: ImageContent;
  /** By digest. */
  readonly blobs: Map<string, PlannedBlob>;
  /** What the archive's index names besides the image. */
  readonly extra: Map<string, Descriptor>;
}

/**
 * An image with all its platforms as an OCI archive: a tar archive of an OCI layout (image specification, image-layout.md), whose index names it for
 * skopeo, podman, containerd and docker. Every byte is as it is at the source. Equal images give equal archives. Throws what the source throws,
 * BLOB_MISSING for a layer that it does not have, CHECKSUM_MISMATCH for one that is not as it is described, MANIFEST_INVALID.
 */
export async function* writeOciArchive(image: SourceImage, options: WriteArchiveOptions = {}): AsyncGenerator<Buffer> {
  const plan: Plan = { content: image.content, blobs: new Map(), extra: new Map() };
  await addManifest(plan, image.root, 1);
  if (options.referrers === true) await addReferrers(plan);
  yield* smallFile(LAYOUT_FILE, JSON.stringify({ imageLayoutVersion: LAYOUT_VERSION }));
  yield* smallFile(LAYOUT_INDEX, JSON.stringify(indexOf(image, plan.extra)));
  const blobs = [...plan.blobs.values()].sort((a, b) => compareText(a.descriptor.digest, b.descriptor.digest));
  for (const directory of ['', ...new Set(blobs.map(({ descriptor: { digest } }) => `${digest.slice(0, digest.indexOf(':'))}/`))])
    yield tarHeader({ path: `${LAYOUT_BLOBS}${directory}`, size: 0 });
  for (const blob of blobs) yield* blobFile(blob, plan.content);
  yield TAR_END;
}

async function addManifest(plan: Plan, descriptor: Descriptor, depth: number): Promise<void> {
  const { digest, mediaType } = descriptor;
  if (plan.blobs.has(digest)) return;
  if (depth > MAX_DEPTH) throw new MirrorError('MANIFEST_INVALID', `${digest} is an index nested more than ${MAX_DEPTH} deep`);
  const bytes = await plan.content.manifest(descriptor);
  const manifest = parseManifest(bytes, mediaType, digest);
  plan.blobs.set(digest, { descriptor, bytes });
  for (const child of manifest.manifests) {
    if (isManifestType(child.mediaType)) await addManifest(plan, child, depth + 1);
    else await addBlob(plan, child);
  }
  for (const blob of configAndLayers(manifest)) await addBlob(plan, blob);
}

async function addBlob({ blobs, content }: Plan, descriptor: Descriptor): Promise<void> {
  const { digest, mediaType } = descriptor;
  if (blobs.has(digest)) return;
  // A layer that is not to be passed on may be missing; where it is there, it goes along.
  if (isNonDistributable(mediaType) && !(await content.has(digest))) return;
  if (parseDigest(digest) === undefined) throw new MirrorError('BLOB_MISSING', `${digest} is of an algorithm that is not known here`);
  blobs.set(digest, { descriptor, bytes: undefined });
}

async function addReferrers(plan: Plan): Promise<void> {
  // What is added on the way is looked at, too: signatures of attestations.
  for (const [digest, { bytes }] of plan.blobs) {
    if (bytes === undefined) continue;
    for (const referrer of await plan.content.referrers(digest)) await addExtra(plan, referrer, undefined);
    for (const tag of cosignTags(digest)) {
      const found = await plan.content.tagged(tag);
      if (found !== undefined) await addExtra(plan, found, tag);
    }
  }
}

async function addExtra(plan: Plan, descriptor: Descriptor, tag: string | undefined): Promise<void> {
  const { mediaType, digest, size, artifactType, annotations } = descriptor;
  if (tag === undefined && plan.extra.has(digest)) return;
  const named = tag === undefined ? annotations : { [REF_NAME]: tag };
  plan.extra.set(digest, {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(named === undefined || Object.keys(named).length === 0 ? {} : { annotations: named }),
  });
  await addManifest(plan, { mediaType, digest, size }, 1);
}

function indexOf({ reference, root }: SourceImage, extra: ReadonlyMap<string, Descriptor>): object {
  const { mediaType, digest, size } = root;
  const name = formatReference(reference);
  const others = [...extra.values()].filter((other) => other.digest !== digest).sort((a, b) => compareText(a.digest, b.digest));
  return {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.index,
    manifests: [{ mediaType, digest, size, annotations: { [CONTAINERD_NAME]: name, [REF_NAME]: name } }, ...others],
  };
}

function* smallFile(path: string, text: string): Generator<Buffer> {
  const bytes = Buffer.from(text);
  yield tarHeader({ path, size: bytes.length });
  yield bytes;
  yield tarPadding(bytes.length);
}

async function* blobFile({ descriptor, bytes }: PlannedBlob, content: ImageContent): AsyncGenerator<Buffer> {
  const { digest, size } = descriptor;
  yield tarHeader({ path: blobPathOf(digest), size });
  if (bytes === undefined) yield* checked(content.blob(descriptor, 0), { size, checksums: checksumsOf(digest) }, digest);
  else yield bytes;
  yield tarPadding(size);
}

function checksumsOf(digest: string): Checksum[] {
  const parts = parseDigest(digest);
  return parts === undefined ? [] : [{ algorithm: parts.algorithm, value: parts.encoded }];
}
