import type { Descriptor } from '../format/descriptor.ts';
import type { ImageReference } from '../format/reference.ts';
import type { ReadManifest } from './reachable.ts';

/** An image of an archive, and what the archive itself says of its name. */
export interface FoundImage {
  readonly root: Descriptor;
  /** Undefined where nothing in the archive names it. */
  readonly reference: ImageReference | undefined;
  /** Where its name is a tag alone. */
  readonly tag: string | undefined;
}

/** What is in an archive of images, checked. */
export interface ArchiveContents {
  readonly images: readonly FoundImage[];
  /** What belongs to another manifest, as cosign's signatures do, by its tag. */
  readonly attached: ReadonlyMap<string, Descriptor>;
  /** All that the archive begins with, images or not. */
  readonly roots: readonly Descriptor[];
  /** By digest. */
  readonly manifests: ReadonlyMap<string, ReadManifest>;
}
