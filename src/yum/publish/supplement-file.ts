import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { compressionOf } from '../../codec/compression.ts';
import { decompress } from '../../codec/decompress.ts';
import { MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PublishContext } from '../../family/family.ts';
import type { Blob } from '../../store/blobs.ts';
import type { Supplement } from '../../store/catalogue.ts';
import type { RepomdRecord } from '../format/repomd.ts';
import { metadataPath, metadataRecord } from './metadata-file.ts';

/** The checksum that an upstream puts before the names of its metadata. */
const CHECKSUM_PREFIX = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56,128})-(?=.)/;

/** What the file is, for messages. */
export function describeSupplement({ mirror, path }: Supplement): string {
  return `mirror ${mirror}: ${path}`;
}

/**
 * The content of an upstream's file. Errors: DECOMPRESS_*, BLOB_*, and ABORTED.
 * @param maxSize in bytes.
 */
export async function* unpacked(
  { blobs, name, signal }: PublishContext,
  supplement: Supplement,
  maxSize: number = LIMITS.indexUnpacked,
): AsyncGenerator<Buffer> {
  const limit = { maxSize, what: describeSupplement(supplement) };
  for await (const chunk of decompress(blobs.read(supplement.sha256), compressionOf(supplement.path), limit)) {
    if (signal.aborted) throw new MirrorError('ABORTED', `publishing ${name} was interrupted`);
    yield chunk;
  }
}

/** The same at once. */
export function unpackedWhole(context: PublishContext, supplement: Supplement, maxSize: number): Promise<Buffer> {
  return buffer(unpacked(context, supplement, maxSize));
}

/**
 * Publishes an upstream's file of metadata as it is, under a name that no other content has.
 * @param plain what it unpacks to, where that is known.
 */
export async function linkMetadata(context: PublishContext, type: string, supplement: Supplement, plain?: Buffer): Promise<RepomdRecord> {
  const { sha256, size } = supplement;
  const path = metadataPath(sha256, posix.basename(supplement.path).replace(CHECKSUM_PREFIX, ''));
  context.writer.link(path, { sha256, size });
  const isPacked = compressionOf(supplement.path) !== 'none';
  return metadataRecord(context, {
    type,
    path,
    blob: { sha256, size },
    plain: isPacked ? await measured(plain === undefined ? unpacked(context, supplement) : [plain]) : undefined,
  });
}

async function measured(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Blob> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    size += piece.length;
  }
  return { sha256: hash.digest('hex'), size };
}
