import { MirrorError } from '../../core/errors.ts';
import type { PublishContext } from '../../family/family.ts';
import type { StoredPackage } from '../../store/catalogue.ts';
import { EXTRA_KINDS, type ExtraKind } from '../extras.ts';
import { emptyElement } from '../format/package/write-elements.ts';
import { packageDocument, withLocation } from '../format/repodata/document-writer.ts';
import { USUAL_NAMESPACES } from '../format/repodata/namespaces.ts';
import { DOCUMENT_ROOTS, type DocumentType, type PerDocument } from '../format/repodata/package-documents.ts';
import { createPrimaryReader, type PrimaryPackage } from '../format/repodata/primary.ts';
import type { RepomdRecord } from '../format/repodata/repomd.ts';
import { writeMetadata } from './metadata-file.ts';

/** Packages and where each is published. */
export interface PlacedPackages {
  readonly packages: readonly StoredPackage[];
  /** In the order of the packages. */
  readonly paths: readonly string[];
}

/** Writes primary, filelists and other from the elements that are stored. Gives their records in this order. */
export async function writeDocuments(context: PublishContext, placed: PlacedPackages): Promise<PerDocument<RepomdRecord>> {
  const count = placed.packages.length;
  const extra = (kind: ExtraKind): Promise<RepomdRecord> =>
    writeDocument(context, kind, { count, elements: extraElements(context, placed.packages, kind) });
  return await Promise.all([
    writeDocument(context, 'primary', { count, elements: primaryElements(placed) }),
    extra('filelists'),
    extra('other'),
  ]);
}

interface Elements {
  readonly count: number;
  readonly elements: Iterable<Buffer>;
}

function writeDocument(context: PublishContext, type: DocumentType, { count, elements }: Elements): Promise<RepomdRecord> {
  const text = packageDocument(DOCUMENT_ROOTS[type], count, elements);
  return writeMetadata(context, { type, name: `${type}.xml`, text, separator: '</package>\n', toldByFirstLine: false });
}

function* primaryElements({ packages, paths }: PlacedPackages): Generator<Buffer> {
  for (const [index, { record }] of packages.entries()) yield withLocation(record, paths[index] ?? '');
}

/** The elements of each package in the three documents, as they are published. */
export function* publishedElements(context: PublishContext, placed: PlacedPackages): Generator<PerDocument<Buffer>> {
  const [filelists, other] = EXTRA_KINDS.map((kind) => extraElements(context, placed.packages, kind));
  for (const primary of primaryElements(placed)) {
    yield [primary, filelists?.next().value ?? Buffer.alloc(0), other?.next().value ?? Buffer.alloc(0)];
  }
}

function* extraElements({ extras }: PublishContext, packages: readonly StoredPackage[], kind: ExtraKind): Generator<Buffer> {
  const read = createPrimaryReader('the stored records');
  let index = 0;
  const ids = packages.map((entry) => entry.id);
  for (const { data } of extras(ids, kind)) {
    const entry = packages[index++];
    if (entry === undefined) break;
    yield data ?? withoutExtra(entry, read({ bytes: entry.record, namespaces: USUAL_NAMESPACES }));
  }
}

function withoutExtra(entry: StoredPackage, stored: PrimaryPackage | undefined): Buffer {
  if (stored === undefined) throw new MirrorError('BLOB_CORRUPT', `the stored record of ${entry.name} ${entry.version} is no RPM package`);
  return Buffer.from(emptyElement(stored, stored.checksum.value));
}
