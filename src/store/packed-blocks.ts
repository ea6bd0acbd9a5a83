import { hash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { Database } from 'better-sqlite3';
import type { BlockCache } from '../codec/block-cache.ts';
import { isMirrorError } from '../core/errors.ts';
import type { Blob, BlobStore } from './blobs.ts';
import type { Catalogue, PackedBlock } from './catalogue.ts';

/** The table of what blocks of indexes were packed to. */
export function createPackedBlockTable(database: Database): Pick<Catalogue, 'packedBlock' | 'rememberPackedBlocks'> {
  const one = database.prepare<[Buffer], PackedBlock>('SELECT key, sha256, position, length, digest FROM packed_blocks WHERE key = ?');
  const put = database.prepare<PackedBlock>(
    'INSERT OR REPLACE INTO packed_blocks (key, sha256, position, length, digest) VALUES (@key, @sha256, @position, @length, @digest)',
  );
  return {
    packedBlock: (key) => one.get(key),
    rememberPackedBlocks: database.transaction((blocks: readonly PackedBlock[]) => {
      for (const block of blocks) put.run(block);
    }).immediate,
  };
}

/** Packed blocks of files in the pool. */
export interface PackedBlocks extends BlockCache<Blob> {
  /** What was added; to be remembered when its files are durable. */
  added(): readonly PackedBlock[];
}

/** Looks for packed blocks where the catalogue says that they are. What is damaged there or gone counts as not known. Throws STORAGE. */
export function createPackedBlocks(blobs: BlobStore, catalogue: Pick<Catalogue, 'packedBlock'>): PackedBlocks {
  const added: PackedBlock[] = [];
  return {
    async find(key) {
      const place = catalogue.packedBlock(key);
      if (place === undefined) return undefined;
      const { sha256, position, length, digest } = place;
      try {
        const packed = await buffer(blobs.read(sha256, { start: position, end: position + length - 1 }));
        return hash('sha256', packed, 'buffer').equals(digest) ? packed : undefined;
      } catch (error) {
        if (isMirrorError(error, 'BLOB_MISSING') || isMirrorError(error, 'BLOB_CORRUPT')) return undefined;
        throw error;
      }
    },
    add({ sha256 }, blocks) {
      for (const block of blocks) added.push({ ...block, sha256 });
    },
    added: () => added,
  };
}
