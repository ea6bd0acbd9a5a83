import { mkdir, open, rm } from 'node:fs/promises';
import type { PublishContext } from '../../family/family.ts';
import { createDatabaseThread } from '../createrepo/database-thread.ts';
import { DATABASE_VERSION } from '../database/schema.ts';
import { DOCUMENTS, type PerDocument, perDocument } from '../format/repodata/package-documents.ts';
import type { RepomdRecord } from '../format/repodata/repomd.ts';
import { SLASH } from '../format/xml/xml-bytes.ts';
import { type PlacedPackages, publishedElements } from './documents.ts';
import { writeMetadata } from './metadata-file.ts';

/** Bytes of elements that go to the thread at once. */
const SEGMENT = 1024 * 1024;
/** Bytes of a database that are read at once. */
const PIECE = 1024 * 1024;
const NEWLINE = Buffer.from('\n');
const END_TAG = Buffer.from('></package>');

/**
 * Writes the SQLite databases of primary, filelists and other that the yum of EL 6 and 7 reads in place of these, compressed with gzip as it needs them.
 * @param documents the records of these three, whose checksums the databases state.
 */
export async function writeDatabases(
  context: PublishContext,
  placed: PlacedPackages,
  documents: PerDocument<RepomdRecord>,
): Promise<RepomdRecord[]> {
  const { scratch } = context;
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  try {
    const paths = await makeDatabases(context, placed, documents);
    const records: RepomdRecord[] = [];
    for (const [index, name] of DOCUMENTS.entries()) {
      const text = fileContent(paths[index] ?? '');
      const record = await writeMetadata(context, {
        type: `${name}_db`,
        name: `${name}.sqlite`,
        text,
        compression: 'gz',
        separator: '\n',
      });
      records.push({ ...record, databaseVersion: DATABASE_VERSION });
    }
    return records;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function makeDatabases(
  context: PublishContext,
  placed: PlacedPackages,
  documents: PerDocument<RepomdRecord>,
): Promise<PerDocument<string>> {
  const thread = createDatabaseThread(context.scratch);
  try {
    await thread.take(segments(context, placed));
    return await thread.finish(perDocument((index) => documents[index].checksum.value));
  } finally {
    await thread.close();
  }
}

function* segments(context: PublishContext, placed: PlacedPackages): Generator<{ readonly plain: PerDocument<Buffer> }> {
  let pieces = perDocument((): Buffer[] => []);
  let size = 0;
  for (const elements of publishedElements(context, placed)) {
    for (const [index, element] of elements.entries()) {
      pieces[index]?.push(...withEndTag(element), NEWLINE);
      size += element.length;
    }
    if (size < SEGMENT) continue;
    yield { plain: joined(pieces) };
    pieces = perDocument(() => []);
    size = 0;
  }
  if (size > 0) yield { plain: joined(pieces) };
}

/** The thread tells elements apart by their end tags. */
function withEndTag(element: Buffer): readonly Buffer[] {
  return element.at(-2) === SLASH ? [element.subarray(0, -2), END_TAG] : [element];
}

function joined(pieces: PerDocument<readonly Buffer[]>): PerDocument<Buffer> {
  return perDocument((index) => Buffer.concat(pieces[index]));
}

/** A piece is good until the next is asked for. */
async function* fileContent(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    const piece = Buffer.allocUnsafeSlow(PIECE);
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, PIECE);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
