import type { MirrorError } from '../../core/errors.ts';

/** What was done for one image. */
export interface SeededImage {
  /** Where it is from: an archive, a list or a registry. */
  readonly source: string;
  /** As the source names it. */
  readonly image: string;
  /** Where it is in the target: `repository:tag`, or `repository@digest`. Undefined where that could not be found out. */
  readonly destination?: string | undefined;
  readonly digest?: string | undefined;
  readonly status: 'seeded' | 'unchanged' | 'planned' | 'failed';
  /** Manifests of the image, its platforms and what refers to them. */
  readonly manifests: number;
  /** Blobs that were sent, or would be. */
  readonly sent: number;
  /** Bytes of these. */
  readonly bytes: number;
  /** Blobs that the target had in another repository. */
  readonly mounted: number;
  /** Blobs that were there. */
  readonly present: number;
  readonly error?: MirrorError | undefined;
}

/** What a seeding did. */
export interface SeedReport {
  readonly target: string;
  readonly images: readonly SeededImage[];
}

/** An image that could not be seeded, and not even be looked at. */
export function failedImage(source: string, image: string, error: MirrorError): SeededImage {
  return { source, image, status: 'failed', manifests: 0, sent: 0, bytes: 0, mounted: 0, present: 0, error };
}
