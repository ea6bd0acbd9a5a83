import { createHash } from 'node:crypto';
import { compressionOf } from '../codec/compression.ts';
import { collect, decompress } from '../codec/decompress.ts';
import { MirrorError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { Blob, BlobStore } from '../store/blobs.ts';
import type { Supplement } from '../store/catalogue.ts';
import type { PublishContext } from './family.ts';

/** What the file is, for messages. */
export function describeSupplement({ mirror, path }: Supplement): string {
  return `mirror ${mirror}: ${path}`;
}

/** The content of an upstream's file, of at most so many bytes, in memory. Errors: DECOMPRESS_* and BLOB_*. */
export async function wholeSupplement(blobs: BlobStore, supplement: Supplement, maxSize: number): Promise<Buffer> {
  return await collect(plainContent(blobs, supplement, maxSize), maxSize, describeSupplement(supplement));
}

/**
 * The content of an upstream's file while something is published. Errors: DECOMPRESS_*, BLOB_*, and ABORTED.
 * @param maxSize in bytes.
 */
export async function* unpacked(
  { blobs, name, signal }: Pick<PublishContext, 'blobs' | 'name' | 'signal'>,
  supplement: Supplement,
  maxSize: number = LIMITS.indexUnpacked,
): AsyncGenerator<Buffer> {
  for await (const chunk of plainContent(blobs, supplement, maxSize)) {
    if (signal.aborted) throw new MirrorError('ABORTED', `publishing ${name} was interrupted`);
    yield chunk;
  }
}

function plainContent(blobs: BlobStore, supplement: Supplement, maxSize: number): AsyncIterable<Buffer> {
  return decompress(blobs.read(supplement.sha256), compressionOf(supplement.path), { maxSize, what: describeSupplement(supplement) });
}

/** What a text turned out to be, when all of it was read. */
export interface Measured {
  blob(): Blob;
}

/** A text as it is, whose size and checksum are known at its end. */
export function measured(text: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): { readonly text: AsyncIterable<Uint8Array> } & Measured {
  const hash = createHash('sha256');
  let size = 0;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for await (const piece of text) {
      hash.update(piece);
      size += piece.length;
      yield piece;
    }
  }
  return { text: pieces(), blob: () => ({ sha256: hash.digest('hex'), size }) };
}
