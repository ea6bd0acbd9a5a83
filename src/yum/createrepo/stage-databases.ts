import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { BLOCK_FORMATS, type PackedBlock } from '../../codec/block-formats.ts';
import { extensionOf } from '../../codec/compression.ts';
import { DOCUMENTS, type PerDocument, perDocument } from '../format/repodata/package-documents.ts';
import type { DatabaseThread } from './database-thread.ts';
import type { FurtherRequest } from './further-files.ts';
import { type StagedFile, writeBlocks } from './write-documents.ts';

const BLOCK = 1024 * 1024;
/** Blocks that are being packed at once, of each database. */
const AHEAD = 3;

/** The databases, ended and compressed. @param documents that they stand for. */
export async function stageDatabases(
  thread: DatabaseThread,
  documents: PerDocument<StagedFile>,
  { algorithm, compression, staging }: FurtherRequest,
): Promise<StagedFile[]> {
  const paths = await thread.finish(perDocument((index) => documents[index].checksum));
  return await Promise.all(
    DOCUMENTS.map(async (document, index) => {
      const name = `${document}.sqlite${extensionOf(compression)}`;
      const path = `${staging}/${name}`;
      const plain = paths[index] ?? '';
      const facts = await writeBlocks(path, packedFile(plain, compression), { algorithm, compression });
      rmSync(plain);
      return { type: `${document}_db`, path, name, ...facts };
    }),
  );
}

async function* packedFile(path: string, compression: FurtherRequest['compression']): AsyncGenerator<PackedBlock> {
  const descriptor = openSync(path, 'r');
  const packing: Promise<PackedBlock>[] = [];
  try {
    for (;;) {
      const plain = Buffer.allocUnsafeSlow(BLOCK);
      const length = readSync(descriptor, plain, 0, BLOCK, null);
      if (length === 0) break;
      const block = packed(plain.subarray(0, length), compression);
      // Whoever takes it sees its failure.
      block.catch(() => undefined);
      packing.push(block);
      const first = packing.length > AHEAD ? packing.shift() : undefined;
      if (first !== undefined) yield await first;
    }
    for (const block of packing) yield await block;
  } finally {
    closeSync(descriptor);
  }
}

async function packed(plain: Buffer, compression: FurtherRequest['compression']): Promise<PackedBlock> {
  return { plain, packed: await BLOCK_FORMATS[compression].pack(plain) };
}
