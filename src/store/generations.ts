import type { BlockCache } from '../codec/block-cache.ts';
import type { Blob } from './blobs.ts';

/**
 * How long the name of a published file keeps its meaning. `fixed`: packages and files named by their hash, which stay reachable
 * from earlier generations and may be cached for ever. `current`: names whose content changes with the generation.
 */
export type Permanence = 'fixed' | 'current';

/** One published file. */
export interface TreeEntry {
  /** Relative to the publication's root, canonical: no empty, `.` or `..` segments. */
  readonly path: string;
  readonly blob: Blob;
  /** Last-Modified: when this path first had this content, in whole seconds since 1970. */
  readonly modified: number;
  readonly permanence: Permanence;
}

/** Where a file that is made now is published. */
export type WrittenPaths = readonly { readonly path: string; readonly permanence: Permanence }[];

/** What a family writes a repository tree to. Publishing the same path twice with other content is PACKAGE_CONFLICT. */
export interface TreeWriter {
  /** Blocks of texts that were published before. */
  readonly packedBlocks?: BlockCache<Blob> | undefined;
  /** A file that is in the pool already: a package (`fixed`, the default), or an upstream's index under its own name. */
  link(path: string, blob: Blob, permanence?: Permanence): void;
  /**
   * A file made now, under one or more paths. `fixed` where the name has the hash in it: then the paths are given as a function of the
   * blob, which is called when all of the bytes are written.
   */
  write(paths: WrittenPaths | ((blob: Blob) => WrittenPaths), bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<Blob>;
}
