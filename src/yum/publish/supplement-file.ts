import { posix } from 'node:path';
import { compressionOf, extensionOf } from '../../codec/compression.ts';
import { collect } from '../../codec/decompress.ts';
import { isMirrorError } from '../../core/errors.ts';
import type { PublishContext } from '../../family/family.ts';
import { describeSupplement, measured, unpacked } from '../../family/supplement-content.ts';
import type { Blob } from '../../store/blobs.ts';
import type { Supplement } from '../../store/catalogue.ts';
import type { RepomdRecord } from '../format/repodata/repomd.ts';
import { metadataPath, metadataRecord } from './metadata-file.ts';

/** Of a name, in bytes, so that it has room for the checksum before it. */
const LONGEST_NAME = 190;
/** The checksum that an upstream puts before the names of its metadata. */
const CHECKSUM_PREFIX = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56,128})-(?=.)/;

/** The content of an upstream's file at once. Errors: DECOMPRESS_*, BLOB_*, and ABORTED. */
export function unpackedWhole(context: PublishContext, supplement: Supplement, maxSize: number): Promise<Buffer> {
  return collect(unpacked(context, supplement, maxSize), maxSize, describeSupplement(supplement));
}

/**
 * Publishes an upstream's file of metadata as it is, under a name that no other content has. What it unpacks to is not stated where it is not packed as its name says.
 * @param plain what it unpacks to, where that is known.
 */
export async function linkMetadata(
  context: PublishContext,
  { type, supplement, plain }: { readonly type: string; readonly supplement: Supplement; readonly plain?: Buffer },
): Promise<RepomdRecord> {
  const { sha256, size } = supplement;
  const compression = compressionOf(supplement.path);
  const own = posix.basename(supplement.path).replace(CHECKSUM_PREFIX, '');
  const path = metadataPath(sha256, Buffer.byteLength(own) > LONGEST_NAME ? `${type}${extensionOf(compression)}` : own);
  context.writer.link(path, { sha256, size });
  const content = compression === 'none' ? undefined : await unpackedBlob(context, supplement, plain);
  return metadataRecord(context, { type, path, blob: { sha256, size }, plain: content });
}

async function unpackedBlob(context: PublishContext, supplement: Supplement, plain: Buffer | undefined): Promise<Blob | undefined> {
  const { text, blob } = measured(plain === undefined ? unpacked(context, supplement) : [plain]);
  try {
    for await (const _ of text);
    return blob();
  } catch (error) {
    if (isMirrorError(error, 'DECOMPRESS_FAILED', 'DECOMPRESS_TOO_LARGE')) return undefined;
    throw error;
  }
}
