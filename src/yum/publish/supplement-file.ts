import { posix } from 'node:path';
import { compressionOf } from '../../codec/compression.ts';
import { collect } from '../../codec/decompress.ts';
import type { PublishContext } from '../../family/family.ts';
import { describeSupplement, measured, unpacked } from '../../family/supplement-content.ts';
import type { Blob } from '../../store/blobs.ts';
import type { Supplement } from '../../store/catalogue.ts';
import type { RepomdRecord } from '../format/repomd.ts';
import { metadataPath, metadataRecord } from './metadata-file.ts';

/** The checksum that an upstream puts before the names of its metadata. */
const CHECKSUM_PREFIX = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56,128})-(?=.)/;

/** The content of an upstream's file at once. Errors: DECOMPRESS_*, BLOB_*, and ABORTED. */
export function unpackedWhole(context: PublishContext, supplement: Supplement, maxSize: number): Promise<Buffer> {
  return collect(unpacked(context, supplement, maxSize), maxSize, describeSupplement(supplement));
}

/**
 * Publishes an upstream's file of metadata as it is, under a name that no other content has.
 * @param plain what it unpacks to, where that is known.
 */
export async function linkMetadata(
  context: PublishContext,
  { type, supplement, plain }: { readonly type: string; readonly supplement: Supplement; readonly plain?: Buffer },
): Promise<RepomdRecord> {
  const { sha256, size } = supplement;
  const path = metadataPath(sha256, posix.basename(supplement.path).replace(CHECKSUM_PREFIX, ''));
  context.writer.link(path, { sha256, size });
  const isPacked = compressionOf(supplement.path) !== 'none';
  const content = isPacked ? await sizeAndChecksum(plain === undefined ? unpacked(context, supplement) : [plain]) : undefined;
  return metadataRecord(context, { type, path, blob: { sha256, size }, plain: content });
}

async function sizeAndChecksum(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Blob> {
  const { text, blob } = measured(content);
  for await (const _ of text);
  return blob();
}
