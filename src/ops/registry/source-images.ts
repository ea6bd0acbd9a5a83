import type { VerifyPolicy } from '../../config/image-list-schema.ts';
import type { MirrorError } from '../../core/errors.ts';
import type { ImageSource, SourceImage } from '../../oci/content.ts';
import type { Platform } from '../../oci/format/platform.ts';

/** What a list wants of one image, besides that it is seeded. */
export interface ImageWish {
  /** The repository at the target, instead of what its name gives. */
  readonly as?: string | undefined;
  /** Empty for all. */
  readonly platforms: readonly Platform[];
  readonly verify?: VerifyPolicy | undefined;
}

/** Something that was asked for and cannot be seeded. */
export interface FailedSource {
  /** The image, or the entry of an archive or list. */
  readonly what: string;
  readonly error: MirrorError;
}

/** A source with what is wanted of its images. */
export interface OpenedSource {
  readonly source: ImageSource;
  wish(image: SourceImage): ImageWish;
  readonly failures: readonly FailedSource[];
}
