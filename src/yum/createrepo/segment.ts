import type { ChecksumAlgorithm } from '../../core/digests.ts';
import type { PerDocument } from '../format/repodata/package-documents.ts';
import type { MetadataCompression } from './options.ts';

/** A stretch of the three documents: the elements of the same packages in each, whole, each with a line break behind it. */
export interface Segment {
  readonly count: number;
  readonly plain: PerDocument<Uint8Array>;
  /** The same as blocks of a compressed file. */
  readonly packed: PerDocument<Uint8Array>;
  /** Gives the memory of a text back to who made it, where that can use it again: the text is gone then. */
  readonly release?: ((index: 0 | 1 | 2) => void) | undefined;
}

/** How documents are written: equal for all packages. */
export interface ElementSettings {
  readonly algorithm: ChecksumAlgorithm;
  /** What the kind of checksum is called; undefined for its usual name. */
  readonly checksumName: string | undefined;
  /** The `xml:base` of every location. */
  readonly base: string | undefined;
  /** Changes of each package; undefined for all. */
  readonly changelogLimit: number | undefined;
  readonly compression: MetadataCompression;
}

/** A segment of documents that are there already. */
export interface OldSegment {
  readonly packed: PerDocument<Uint8Array>;
  /** Where in the text of each document the elements begin, and where the last ends: one more than there are packages. In bytes. Undefined where nobody has looked. */
  readonly starts: PerDocument<Uint32Array> | undefined;
}

/** A package whose file is to be read. */
export interface FreshItem {
  readonly file: string;
  readonly href: string;
}

/** A package whose elements are in an old segment of the same job. */
export interface OldItem {
  readonly segment: number;
  readonly index: number;
}

/** Packages of which segments are to be made, in this order. */
export interface BuildJob {
  readonly kind: 'build';
  readonly items: readonly (FreshItem | OldItem)[];
  readonly old: readonly OldSegment[];
}

/** A segment that stays as it is, of which only the text is wanted. */
export interface CopyJob {
  readonly kind: 'copy';
  readonly count: number;
  readonly packed: PerDocument<Uint8Array>;
}

/** Old blocks to be looked through. */
export interface ScanJob {
  readonly kind: 'scan';
  readonly packed: PerDocument<Uint8Array>;
}

/** Memory of a text that is not needed any more. */
export interface ReleasedText {
  readonly kind: 'released';
  readonly index: 0 | 1 | 2;
  readonly text: ArrayBuffer;
}

export type Job = BuildJob | CopyJob | ScanJob;

/** A package that was read. */
export interface ReadPackage {
  readonly href: string;
  /** name-epoch:version-release.architecture. */
  readonly nevra: string;
  /** The value of the checksum of its file. */
  readonly id: string;
  /** In seconds since 1970. */
  readonly fileTime: number;
  /** Of the package file, in bytes. */
  readonly size: number;
}

export interface UnreadablePackage {
  readonly file: string;
  readonly reason: string;
}

/** What became of a job to build or to copy. */
export interface Built {
  readonly kind: 'built';
  readonly segments: readonly Segment[];
  /** Only those whose files were read. */
  readonly read: readonly ReadPackage[];
  readonly unreadable: readonly UnreadablePackage[];
}

/** A package as old metadata has it. */
export interface OldEntry extends ReadPackage {
  readonly base: string | undefined;
  readonly checksumName: string;
}

export interface Scanned {
  readonly kind: 'scanned';
  readonly entries: readonly OldEntry[];
  readonly starts: PerDocument<Uint32Array>;
}

/** `unlike`: the blocks are not laid out as this program does it. */
export type Result = Built | Scanned | { readonly kind: 'unlike' };
