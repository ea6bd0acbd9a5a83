import type { ManifestRecord } from '../../store/registry-tables.ts';
import type { Descriptor } from '../format/descriptor.ts';
import { digestOf, isDigest } from '../format/digest.ts';
import { artifactTypeOf, blobsOf, MAX_MANIFEST, parseManifest } from '../format/manifest.ts';
import { checkDigest, checkTag } from './names.ts';
import { registryProblem } from './problem.ts';

/** A manifest as it is pushed. */
export interface PushedManifest {
  /** The tag or digest that it is pushed by. */
  readonly reference: string;
  /** Tags besides. */
  readonly tags?: readonly string[] | undefined;
  /** As its client calls it, parameters allowed; undefined where the client does not say. */
  readonly mediaType: string | undefined;
  readonly bytes: Buffer;
}

/** What is stored of it. */
export interface AcceptedManifest {
  readonly record: ManifestRecord;
  readonly tags: readonly string[];
  /** What must be in the repository. */
  readonly blobs: readonly Descriptor[];
  /** Digests of what it lists, which need not be. */
  readonly manifests: readonly string[];
}

/**
 * Checks a manifest by itself. Throws the problems `digest-invalid` where it is not what its reference says, `tag-invalid`, `manifest-too-large`
 * and `manifest-invalid`.
 */
export function acceptManifest({ reference, tags = [], mediaType, bytes }: PushedManifest): AcceptedManifest {
  const byDigest = reference.includes(':');
  const { algorithm } = byDigest ? checkDigest(reference) : { algorithm: 'sha256' as const };
  const allTags = [...new Set(byDigest ? tags : [reference, ...tags])];
  for (const tag of allTags) checkTag(tag);
  if (bytes.length > MAX_MANIFEST) throw registryProblem('manifest-too-large', `a manifest may have ${MAX_MANIFEST} bytes`);
  const digest = digestOf(bytes, algorithm);
  if (byDigest && digest !== reference) throw registryProblem('digest-invalid', `the manifest is ${digest}, it was sent as ${reference}`);
  const manifest = parseManifest(bytes, bareType(mediaType), 'the manifest');
  const { subject } = manifest;
  const artifactType = artifactTypeOf(manifest);
  return {
    record: {
      digest,
      mediaType: manifest.mediaType,
      size: bytes.length,
      ...(subject === undefined ? {} : { subject: subject.digest, annotations: manifest.annotations }),
      ...(artifactType === undefined ? {} : { artifactType }),
    },
    tags: allTags,
    blobs: blobsOf(manifest),
    manifests: manifest.manifests.map((child) => child.digest).filter(isDigest),
  };
}

/** A media type without its parameters. */
function bareType(mediaType: string | undefined): string | undefined {
  const bare = mediaType?.split(';', 1)[0]?.trim();
  return bare === '' ? undefined : bare;
}
