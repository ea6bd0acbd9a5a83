import { createHash } from 'node:crypto';
import { extensionOf } from '../../codec/compression.ts';
import { packText } from '../../codec/pack-text.ts';
import type { RecordShape } from '../../codec/text-blocks.ts';
import type { PublishContext } from '../../family/family.ts';
import type { RepomdRecord } from '../format/repomd.ts';

/** A file of metadata that is to be published. */
export interface MetadataText extends RecordShape {
  /** As repomd.xml calls it: `primary`. */
  readonly type: string;
  /** Of the plain file: `primary.xml`. */
  readonly name: string;
  /** In pieces of any size; read once. */
  readonly text: Iterable<Uint8Array>;
}

/** Where metadata is, relative to the repository's root: under a name that no other content has. */
export function metadataPath(sha256: string, name: string): string {
  return `repodata/${sha256}-${name}`;
}

/** What repomd.xml states of all metadata of one publication, in milliseconds: the second at which clients are told that it was made. */
export function metadataTime({ time }: Pick<PublishContext, 'time'>): number {
  return Math.floor(time.getTime() / 1000) * 1000;
}

/** Writes a file of metadata as the publication compresses them. The file is a function of the text alone. */
export async function writeMetadata(context: PublishContext, { type, name, text, ...shape }: MetadataText): Promise<RepomdRecord> {
  const { config, writer } = context;
  const compression = config.compression ?? 'gz';
  const packedName = `${name}${extensionOf(compression)}`;
  const hash = createHash('sha256');
  let openSize = 0;
  function* measured(): Generator<Uint8Array> {
    for (const piece of text) {
      hash.update(piece);
      openSize += piece.length;
      yield piece;
    }
  }
  const blobs = await packText(measured(), {
    ...shape,
    compressions: [compression],
    cache: writer.packedBlocks,
    write: (_, bytes) => writer.write(({ sha256 }) => [{ path: metadataPath(sha256, packedName), permanence: 'fixed' }], bytes),
  });
  const [blob] = blobs.values();
  if (blob === undefined) throw new Error('a text is written as often as there are compressions');
  return {
    type,
    path: metadataPath(blob.sha256, packedName),
    checksum: { algorithm: 'sha256', value: blob.sha256 },
    size: blob.size,
    openChecksum: { algorithm: 'sha256', value: hash.digest('hex') },
    openSize,
    timestamp: metadataTime(context),
  };
}
