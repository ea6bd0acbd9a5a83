import { createHash } from 'node:crypto';
import { compressionOf } from '../codec/compression.ts';
import { decompress } from '../codec/decompress.ts';
import { MirrorError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { Blob } from '../store/blobs.ts';
import type { Supplement } from '../store/catalogue.ts';
import type { PublishContext } from './family.ts';

/** What the file is, for messages. */
export function describeSupplement({ mirror, path }: Supplement): string {
  return `mirror ${mirror}: ${path}`;
}

/**
 * The content of an upstream's file. Errors: DECOMPRESS_*, BLOB_*, and ABORTED.
 * @param maxSize in bytes.
 */
export async function* unpacked(
  { blobs, name, signal }: Pick<PublishContext, 'blobs' | 'name' | 'signal'>,
  supplement: Supplement,
  maxSize: number = LIMITS.indexUnpacked,
): AsyncGenerator<Buffer> {
  const limit = { maxSize, what: describeSupplement(supplement) };
  for await (const chunk of decompress(blobs.read(supplement.sha256), compressionOf(supplement.path), limit)) {
    if (signal.aborted) throw new MirrorError('ABORTED', `publishing ${name} was interrupted`);
    yield chunk;
  }
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
