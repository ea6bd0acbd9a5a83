import { MirrorError } from '../../core/errors.ts';
import type { Descriptor } from '../format/descriptor.ts';
import { type LayoutEntry, readLayoutIndex } from '../format/layout.ts';
import { formatReference } from '../format/reference.ts';
import type { ArchiveContents } from './contents.ts';
import type { TakenFile } from './file-intake.ts';
import { manifestsFrom, type ReadManifest } from './reachable.ts';

/**
 * What is in an OCI layout. Throws MANIFEST_INVALID, and ARCHIVE_INVALID where two images have one name or content is not as it is described.
 * @param index index.json.
 * @param blobs by digest.
 */
export function readLayout(index: Buffer, blobs: ReadonlyMap<string, TakenFile>, what: string): ArchiveContents {
  const entries = readLayoutIndex(index, what);
  const roots = entries.map(({ descriptor }) => descriptor);
  const manifests = manifestsFrom(roots, blobs, what);
  const images = new Map<string, LayoutEntry>();
  const attached = new Map<string, Descriptor>();
  for (const entry of entries) {
    if (entry.attached?.tag !== undefined) attached.set(entry.attached.tag, entry.descriptor);
    if (isAttached(entry, manifests)) continue;
    const name = nameOf(entry);
    const before = images.get(name);
    if (before !== undefined && before.descriptor.digest !== entry.descriptor.digest)
      throw new MirrorError('ARCHIVE_INVALID', `${what} has two images named "${name}"`);
    images.set(name, before ?? entry);
  }
  return {
    images: [...images.values()].map(({ descriptor: root, reference, tag }) => ({ root, reference, tag })),
    attached,
    roots,
    manifests,
  };
}

/** Whether it goes along with another manifest: a signature of an image that is there, or what names nothing but its subject. */
function isAttached({ descriptor, reference, tag, attached }: LayoutEntry, manifests: ReadonlyMap<string, ReadManifest>): boolean {
  if (attached !== undefined) return reference === undefined || attached.subject === undefined || manifests.has(attached.subject);
  return reference === undefined && tag === undefined && manifests.get(descriptor.digest)?.referrer !== undefined;
}

/** Two images without a name are two; the same one twice is one. */
function nameOf({ reference, tag, descriptor }: LayoutEntry): string {
  return reference === undefined ? (tag ?? descriptor.digest) : formatReference(reference);
}
