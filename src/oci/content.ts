import type { Descriptor } from './format/descriptor.ts';
import type { ImageReference } from './format/reference.ts';

/** Content that images are made of, at one place: an archive, or a repository of a registry. */
export interface ImageContent {
  /** A manifest's exact bytes, which have the digest and size of the descriptor. Throws CHECKSUM_MISMATCH, BLOB_MISSING, FETCH_*. */
  manifest(descriptor: Descriptor): Promise<Buffer>;
  /** A blob's bytes from `start` on. Whoever stores them checks them. BLOB_MISSING, FETCH_* and ARCHIVE_INVALID come as errors of the stream. */
  blob(descriptor: Descriptor, start: number): AsyncIterable<Buffer>;
  /** Whether there is a blob. */
  has(digest: string): Promise<boolean>;
  /** Descriptors of the manifests that refer to a manifest by their `subject`. */
  referrers(digest: string): Promise<readonly Descriptor[]>;
  /** What a tag stands for here: for cosign's signatures, which are at tags made of the digest. */
  tagged(tag: string): Promise<Descriptor | undefined>;
}

/** One image, chart or other artifact at its source. */
export interface SourceImage {
  /** As the source names it. */
  readonly reference: ImageReference;
  /** The manifest or index that it begins with. */
  readonly root: Descriptor;
  readonly content: ImageContent;
}

/** Something in a source that is no image. */
export interface SourceProblem {
  /** The entry of an archive, or the line of a list. */
  readonly what: string;
  readonly reason: string;
}

/** A blob of an archive that is read from its beginning to its end. */
export interface StreamedBlob {
  readonly digest: string;
  readonly size: number;
  /** To be read before the next one. */
  readonly content: AsyncIterable<Buffer>;
}

/** Where images come from, opened. */
export interface ImageSource {
  /** For messages: a path or a registry. */
  readonly name: string;
  readonly images: readonly SourceImage[];
  readonly problems: readonly SourceProblem[];
  /**
   * Of a compressed archive, which can only be read from its beginning: the blobs that are wanted, each once, in the order in which they come.
   * Where there is this, `blob` of its images' content throws; where there is not, `blob` reads any blob at any time.
   */
  stream?(wanted: (digest: string) => boolean): AsyncIterable<StreamedBlob>;
  close(): Promise<void>;
}

/** Takes blobs over while an archive is read and checked for the first time, so that it need not be read again. */
export interface BlobSink {
  /** Undefined where the blob is not wanted. */
  begin(digest: string, size: number): BlobReceiver | undefined;
}

export interface BlobReceiver {
  write(chunk: Buffer): Promise<void> | undefined;
  /** All bytes were written. Throws CHECKSUM_MISMATCH when they are not what the digest names; they are dropped then. */
  complete(): Promise<void>;
  /** Gives up. */
  drop(): Promise<void>;
}
