import { createHash, type Hash } from 'node:crypto';
import { gzipStream } from '../../codec/compress.ts';
import { counted } from '../../core/counts.ts';
import { MirrorError } from '../../core/errors.ts';
import type { PublishContext, PublishedTree } from '../../family/family.ts';
import type { StoredPackage } from '../../store/catalogue.ts';
import { EXTRA_KINDS, type ExtraKind } from '../extras.ts';
import { emptyElement, packageDocument, withLocation } from '../format/document-writer.ts';
import { USUAL_NAMESPACES } from '../format/namespaces.ts';
import type { DocumentRoot } from '../format/package-elements.ts';
import { createPrimaryReader, type PrimaryPackage } from '../format/primary.ts';
import { formatRepomd, type RepomdRecord } from '../format/repomd.ts';
import type { IndexType } from '../upstream/particulars.ts';
import { layOut } from './layout.ts';

const ROOTS: Readonly<Record<IndexType, DocumentRoot>> = { primary: 'metadata', filelists: 'filelists', other: 'otherdata' };

/**
 * Writes a yum repository: the packages, primary, filelists and other (gzip, the checksum in the name), and repomd.xml, which is signed
 * where there is a signer, beside its key. Packages keep the places that they have upstream; where two different files would be at one place,
 * both get a directory of their own. Equal packages and time give equal files, signatures apart.
 */
export async function publishTree(context: PublishContext): Promise<PublishedTree> {
  const { components, report, signer, time, writer } = context;
  const packages = components.flatMap((component) => component.packages);
  const paths = layOut(packages);
  report({ type: 'phase', subject: context.name, phase: 'publish', detail: counted(packages.length, 'package') });
  for (const [index, { sha256, size }] of packages.entries()) writer.link(paths[index] ?? '', { sha256, size });
  const records = await Promise.all([
    writeDocument(context, 'primary', packageDocument('metadata', packages.length, primaryElements(packages, paths))),
    ...EXTRA_KINDS.map((kind) =>
      writeDocument(context, kind, packageDocument(ROOTS[kind], packages.length, extraElements(context, packages, kind))),
    ),
  ]);
  const repomd = Buffer.from(formatRepomd(String(seconds(time)), records));
  await writer.write([{ path: 'repodata/repomd.xml', permanence: 'current' }], repomd);
  if (signer !== undefined) {
    const signature = await signer.signDetached(repomd, time);
    await writer.write([{ path: 'repodata/repomd.xml.asc', permanence: 'current' }], Buffer.from(signature));
    await writer.write([{ path: 'repodata/repomd.xml.key', permanence: 'current' }], Buffer.from(signer.publicKey));
  }
  return {
    components: components.map((component) => component.name),
    architectures: [...new Set(packages.map((entry) => entry.architecture))].sort(),
  };
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}

async function writeDocument({ time, writer }: PublishContext, type: IndexType, pieces: Iterable<Buffer>): Promise<RepomdRecord> {
  const plain = { hash: createHash('sha256'), size: 0 };
  const pathOf = (sha256: string): string => `repodata/${sha256}-${type}.xml.gz`;
  const blob = await writer.write(
    (written) => [{ path: pathOf(written.sha256), permanence: 'fixed' }],
    gzipStream(measured(pieces, plain)),
  );
  return {
    type,
    path: pathOf(blob.sha256),
    checksum: { algorithm: 'sha256', value: blob.sha256 },
    size: blob.size,
    openChecksum: { algorithm: 'sha256', value: plain.hash.digest('hex') },
    openSize: plain.size,
    timestamp: seconds(time) * 1000,
  };
}

async function* measured(pieces: Iterable<Buffer>, plain: { readonly hash: Hash; size: number }): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    plain.hash.update(piece);
    plain.size += piece.length;
    yield piece;
  }
}

function* primaryElements(packages: readonly StoredPackage[], paths: readonly string[]): Generator<Buffer> {
  for (const [index, { record }] of packages.entries()) yield withLocation(record, paths[index] ?? '');
}

function* extraElements({ extras }: PublishContext, packages: readonly StoredPackage[], kind: ExtraKind): Generator<Buffer> {
  const read = createPrimaryReader('the stored records');
  let index = 0;
  const ids = packages.map((entry) => entry.id);
  for (const { data } of extras(ids, kind)) {
    const entry = packages[index++];
    if (entry === undefined) break;
    yield data ?? emptyElement(described(entry, read({ bytes: entry.record, namespaces: USUAL_NAMESPACES })));
  }
}

function described(entry: StoredPackage, stored: PrimaryPackage | undefined): PrimaryPackage & { readonly packageId: string } {
  if (stored === undefined) throw new MirrorError('BLOB_CORRUPT', `the stored record of ${entry.name} ${entry.version} is no RPM package`);
  return { ...stored, packageId: stored.checksum.value };
}
