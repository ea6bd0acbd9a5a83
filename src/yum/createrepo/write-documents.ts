import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { BLOCK_FORMATS, type PackedBlock } from '../../codec/block-formats.ts';
import { asBuffer } from '../../codec/byte-reader.ts';
import { extensionOf } from '../../codec/compression.ts';
import { fanOut } from '../../codec/fan-out.ts';
import type { ChecksumAlgorithm } from '../../core/digests.ts';
import { documentFoot, documentHead } from '../format/repodata/document-frame.ts';
import { DOCUMENT_ROOTS, DOCUMENTS, type PerDocument, perDocument } from '../format/repodata/package-documents.ts';
import { recount } from './recount.ts';
import type { ElementSettings, Segment } from './segment.ts';

/** How many segments the fastest document is ahead of the slowest. */
const AHEAD = 2;

/** A file of metadata that was written, under a name that is not its last. */
export interface StagedFile {
  /** `primary`, `filelists`, `other`, `primary_db`, `group`, ... */
  readonly type: string;
  readonly path: string;
  /** What comes after the checksum in its last name: `primary.xml.gz`. */
  readonly name: string;
  /** Lower-case hex, by the algorithm of the repository. */
  readonly checksum: string;
  /** In bytes. */
  readonly size: number;
  /** Of the unpacked file; undefined where the file is not packed. */
  readonly open: { readonly checksum: string; readonly size: number } | undefined;
}

export interface DocumentsRequest {
  /** Where the files are put, in a directory that is there. */
  readonly staging: string;
  readonly settings: ElementSettings;
  /** How many packages there are when all can be read: stands at the beginning of each document. */
  readonly expected: number;
  /** Is given the segments, too. */
  readonly alongside?: ((segments: AsyncIterable<Segment>) => Promise<void>) | undefined;
}

/**
 * Writes the three documents, side by side as their segments come. Where there are fewer packages in the end than were expected, they
 * are written anew with the right number. Throws what the segments throw, and the system's errors.
 */
export async function writeDocuments(segments: AsyncIterable<Segment>, request: DocumentsRequest): Promise<PerDocument<StagedFile>> {
  const { alongside } = request;
  const release = releaser(alongside === undefined ? 1 : 2);
  const readers = fanOut(segments, { readers: DOCUMENTS.length + (alongside === undefined ? 0 : 1), ahead: AHEAD });
  const written = await Promise.allSettled(
    readers.map(async (reader, index) => {
      try {
        if (index === DOCUMENTS.length) await alongside?.(releasing(reader, release));
        else return await writeDocument(reader, index as 0 | 1 | 2, { ...request, release });
      } finally {
        await reader.return();
      }
      return undefined;
    }),
  );
  const files = written.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  return perDocument((index) => {
    const file = files[index];
    if (file === undefined) throw new Error(`${DOCUMENTS[index]} was not written`);
    return file;
  });
}

type Release = (segment: Segment, index: 0 | 1 | 2) => void;

/** Gives a text back when all its readers have called. */
function releaser(readers: number): Release {
  const calls = new WeakMap<Segment, [number, number, number]>();
  return (segment, index) => {
    const count = calls.get(segment) ?? [0, 0, 0];
    calls.set(segment, count);
    count[index] += 1;
    if (count[index] === readers) segment.release?.(index);
  };
}

/** The segments; each is given back when the next is asked for. */
async function* releasing(segments: AsyncIterable<Segment>, release: Release): AsyncGenerator<Segment> {
  for await (const segment of segments) {
    yield segment;
    for (const index of [0, 1, 2] as const) release(segment, index);
  }
}

interface DocumentRequest extends DocumentsRequest {
  readonly release: Release;
}

async function writeDocument(segments: AsyncIterable<Segment>, index: 0 | 1 | 2, request: DocumentRequest): Promise<StagedFile> {
  const { expected, release, settings, staging } = request;
  const root = DOCUMENT_ROOTS[DOCUMENTS[index]];
  const sizes: number[] = [];
  let count = 0;
  async function* elements(): AsyncGenerator<PackedBlock> {
    for await (const segment of segments) {
      count += segment.count;
      sizes.push(segment.plain[index].length);
      yield { plain: asBuffer(segment.plain[index]), packed: asBuffer(segment.packed[index]) };
      release(segment, index);
    }
  }
  const name = `${DOCUMENTS[index]}.xml${extensionOf(settings.compression)}`;
  const file = { type: DOCUMENTS[index], path: `${staging}/${name}`, name };
  const frame = { head: documentHead(root, expected), foot: documentFoot(root) };
  const facts = await writeBlocks(file.path, framed(elements(), frame, settings), settings);
  if (count === expected) return { ...file, ...facts };
  const recounted = { ...file, path: `${file.path}.recounted` };
  const old = { path: file.path, head: frame.head, sizes, what: `${DOCUMENTS[index]} of this run` };
  const blocks = framed(recount(old, settings), { ...frame, head: documentHead(root, count) }, settings);
  return { ...recounted, ...(await writeBlocks(recounted.path, blocks, settings)) };
}

interface Frame {
  readonly head: string;
  readonly foot: string;
}

/** Blocks of their own for what stands before and after the elements, so that the others can be used again. */
async function* framed(blocks: AsyncIterable<PackedBlock>, { head, foot }: Frame, settings: ElementSettings): AsyncGenerator<PackedBlock> {
  const block = async (text: string): Promise<PackedBlock> => {
    const plain = Buffer.from(text);
    return { plain, packed: await BLOCK_FORMATS[settings.compression].pack(plain) };
  };
  yield await block(head);
  yield* blocks;
  yield await block(foot);
}

/** Writes a file of blocks. Nothing else is done on the thread meanwhile: the pieces are in the cache of the operating system at once. */
export async function writeBlocks(
  path: string,
  blocks: AsyncIterable<PackedBlock>,
  { algorithm, compression }: { readonly algorithm: ChecksumAlgorithm; readonly compression: ElementSettings['compression'] },
): Promise<Pick<StagedFile, 'checksum' | 'size' | 'open'>> {
  const open = { hash: createHash(algorithm), size: 0 };
  async function* measured(): AsyncGenerator<PackedBlock> {
    for await (const block of blocks) {
      open.hash.update(block.plain);
      open.size += block.plain.length;
      yield block;
    }
  }
  const hash = createHash(algorithm);
  let size = 0;
  const descriptor = openSync(path, 'wx');
  try {
    for await (const piece of BLOCK_FORMATS[compression].file(measured())) {
      hash.update(piece);
      for (let at = 0; at < piece.length; ) at += writeSync(descriptor, piece, at);
      size += piece.length;
    }
  } finally {
    closeSync(descriptor);
  }
  return { checksum: hash.digest('hex'), size, open: { checksum: open.hash.digest('hex'), size: open.size } };
}
