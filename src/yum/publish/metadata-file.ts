import type { BlockCompression } from '../../codec/block-formats.ts';
import { extensionOf } from '../../codec/compression.ts';
import { packText } from '../../codec/pack-text.ts';
import type { RecordShape } from '../../codec/text-blocks.ts';
import type { PublishContext } from '../../family/family.ts';
import { measured } from '../../family/supplement-content.ts';
import type { Blob } from '../../store/blobs.ts';
import type { RepomdRecord } from '../format/repodata/repomd.ts';

/** A file of metadata that is to be published. */
export interface MetadataText extends RecordShape {
  /** As repomd.xml calls it: `primary`. */
  readonly type: string;
  /** Of the plain file: `primary.xml`. */
  readonly name: string;
  /** In pieces of any size; read once. */
  readonly text: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** By default as the configuration says, which is gz when it says nothing. */
  readonly compression?: BlockCompression | undefined;
}

/** Where metadata is, relative to the repository's root: under a name that no other content has. */
export function metadataPath(sha256: string, name: string): string {
  return `repodata/${sha256}-${name}`;
}

/** What repomd.xml states of all metadata of one publication, in milliseconds: the second at which clients are told that it was made. */
export function metadataTime({ time }: Pick<PublishContext, 'time'>): number {
  return Math.floor(time.getTime() / 1000) * 1000;
}

/** How the publication's metadata is compressed. */
export function compressionOfMetadata({ config }: Pick<PublishContext, 'config'>): BlockCompression {
  return config.compression ?? 'gz';
}

/** Writes a file of metadata. The file is a function of the text alone. */
export async function writeMetadata(context: PublishContext, metadata: MetadataText): Promise<RepomdRecord> {
  const { writer } = context;
  const { type, name, text, compression = compressionOfMetadata(context), ...shape } = metadata;
  const packedName = `${name}${extensionOf(compression)}`;
  const plain = measured(text);
  const blobs = await packText(plain.text, {
    ...shape,
    compressions: [compression],
    cache: writer.packedBlocks,
    write: (_, bytes) => writer.write(({ sha256 }) => [{ path: metadataPath(sha256, packedName), permanence: 'fixed' }], bytes),
  });
  const [blob] = blobs.values();
  if (blob === undefined) throw new Error('a text is written as often as there are compressions');
  const path = metadataPath(blob.sha256, packedName);
  return metadataRecord(context, { type, path, blob, plain: compression === 'none' ? undefined : plain.blob() });
}

/** What repomd.xml says of a file. `plain` is what the file unpacks to, where it is compressed. */
export function metadataRecord(
  context: Pick<PublishContext, 'time'>,
  { type, path, blob, plain }: { readonly type: string; readonly path: string; readonly blob: Blob; readonly plain: Blob | undefined },
): RepomdRecord {
  return {
    type,
    path,
    checksum: { algorithm: 'sha256', value: blob.sha256 },
    size: blob.size,
    ...(plain === undefined ? {} : { openChecksum: { algorithm: 'sha256', value: plain.sha256 }, openSize: plain.size }),
    timestamp: metadataTime(context),
  };
}
