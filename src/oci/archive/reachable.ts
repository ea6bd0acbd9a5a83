import { MirrorError } from '../../core/errors.ts';
import type { Descriptor } from '../format/descriptor.ts';
import { artifactTypeOf, configAndLayers, type Manifest, parseManifest } from '../format/manifest.ts';
import { isManifestType } from '../format/media-types.ts';
import { matchesPlatform, type Platform } from '../format/platform.ts';
import type { TakenFile } from './file-intake.ts';

/**
 * A manifest of an archive that was found good. What it says of other content is read again where it is needed: that takes several times the memory of
 * its bytes.
 */
export interface ReadManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
  /** What it is shown as to whoever asks what refers to its subject; undefined where it has none. */
  readonly referrer: { readonly subject: string; readonly descriptor: Descriptor } | undefined;
}

/** A manifest with what is to be known of it. */
export function readManifest(descriptor: Descriptor, bytes: Buffer, manifest: Manifest): ReadManifest {
  const { subject, annotations } = manifest;
  if (subject === undefined) return { descriptor, bytes, referrer: undefined };
  const { mediaType, digest, size } = descriptor;
  const artifactType = artifactTypeOf(manifest);
  const shown = { mediaType, digest, size, ...(artifactType === undefined ? {} : { artifactType }), annotations };
  return { descriptor, bytes, referrer: { subject: subject.digest, descriptor: shown } };
}

/** Indexes in indexes. */
const MAX_DEPTH = 8;

/**
 * The manifests that are reachable from some roots, by their digests. Checks all that they refer to and that is there: ARCHIVE_INVALID for sizes that differ
 * and indexes that are nested too deeply, MANIFEST_INVALID for what is no manifest. What is not there is passed over.
 */
export function manifestsFrom(
  roots: readonly Descriptor[],
  files: ReadonlyMap<string, TakenFile>,
  what: string,
): ReadonlyMap<string, ReadManifest> {
  const manifests = new Map<string, ReadManifest>();
  const invalid = (why: string): MirrorError => new MirrorError('ARCHIVE_INVALID', `${what} ${why}`);

  function check({ digest, size }: Descriptor): TakenFile | undefined {
    const file = files.get(digest);
    if (file !== undefined && file.size !== size)
      throw invalid(`has ${digest} with ${file.size} bytes, and a descriptor that says ${size}`);
    return file;
  }

  function visit(descriptor: Descriptor, depth: number): void {
    const file = check(descriptor);
    if (file === undefined || !isManifestType(descriptor.mediaType)) return;
    const { digest, mediaType } = descriptor;
    const before = manifests.get(digest);
    if (before !== undefined) {
      if (before.descriptor.mediaType !== mediaType)
        throw invalid(`describes ${digest} as ${before.descriptor.mediaType} and as ${mediaType}`);
      return;
    }
    if (depth > MAX_DEPTH) throw invalid(`has indexes nested more than ${MAX_DEPTH} deep`);
    if (file.bytes === undefined) throw invalid(`describes ${digest} as ${mediaType}, which it is not`);
    const manifest = parseManifest(file.bytes, mediaType, `${digest} of ${what}`);
    manifests.set(digest, readManifest(descriptor, file.bytes, manifest));
    for (const child of manifest.manifests) visit(child, depth + 1);
    for (const blob of configAndLayers(manifest)) check(blob);
  }

  for (const root of roots) visit(root, 1);
  return manifests;
}

/** The digests of the configs and layers that are reachable from some roots on the platforms that are wanted: all platforms where none are named. */
export function blobsFrom(
  roots: readonly Descriptor[],
  manifests: ReadonlyMap<string, ReadManifest>,
  platforms: readonly Platform[] | undefined,
): ReadonlySet<string> {
  const blobs = new Set<string>();
  const seen = new Set<string>();
  const isWanted = ({ platform }: Descriptor): boolean =>
    platforms === undefined ||
    platform === undefined ||
    platform.os === 'unknown' ||
    platforms.some((wanted) => matchesPlatform(platform, wanted));
  function visit({ digest }: Descriptor): void {
    const found = manifests.get(digest);
    if (found === undefined || seen.has(digest)) return;
    seen.add(digest);
    const manifest = parseManifest(found.bytes, found.descriptor.mediaType, digest);
    for (const blob of configAndLayers(manifest)) blobs.add(blob.digest);
    for (const child of manifest.manifests) if (isWanted(child)) visit(child);
  }
  for (const root of roots) visit(root);
  return blobs;
}
