import { counted } from '../../core/counts.ts';
import type { PublishContext, PublishedTree } from '../../family/family.ts';
import { formatRepomd, inRecordOrder } from '../format/repodata/repomd.ts';
import { REPOMD, REPOMD_KEY, REPOMD_SIGNATURE } from '../format/repository/repository-paths.ts';
import { writeDatabases } from './databases.ts';
import { writeDocuments } from './documents.ts';
import { writeFurtherMetadata } from './further-metadata.ts';
import { writeInstaller } from './installer.ts';
import { layOut } from './layout.ts';
import { metadataTime } from './metadata-file.ts';
import { publishVerbatim } from './verbatim.ts';

/**
 * Writes a yum repository: the packages, primary, filelists and other (the checksum in the name), what the sources have besides, cut to the
 * packages, and repomd.xml, which is signed where there is a signer, beside its key. Packages keep the places that they have upstream; where
 * two different files would be at one place, both get a directory of their own. The installer's files are at the upstream's places, too.
 * Equal packages and time give equal files, signatures apart. With `metadata: verbatim` it is all as the upstream has it; see publishVerbatim.
 * Errors: PACKAGE_CONFLICT, PATH_UNSAFE, METADATA_INVALID, ABORTED, and those of reading, writing and signing.
 */
export async function publishTree(context: PublishContext): Promise<PublishedTree> {
  if (context.config.metadata === 'verbatim') return await publishVerbatim(context);
  const { components, report, writer } = context;
  const packages = components.flatMap((component) => component.packages);
  const paths = layOut(packages);
  report({ type: 'phase', subject: context.name, phase: 'publish', detail: counted(packages.length, 'package') });
  for (const [index, { sha256, size }] of packages.entries()) writer.link(paths[index] ?? '', { sha256, size });
  const placed = { packages, paths };
  const documents = await writeDocuments(context, placed);
  const databases = context.config.database ? await writeDatabases(context, placed, documents) : [];
  const records = [...documents, ...databases, ...(await writeFurtherMetadata(context, packages))];
  const repomd = Buffer.from(formatRepomd(String(metadataTime(context) / 1000), inRecordOrder(records)));
  await writeRepomd(context, repomd);
  await writeInstaller(context, repomd);
  return {
    components: components.map((component) => component.name),
    architectures: [...new Set(packages.map((entry) => entry.architecture))].sort(),
  };
}

/** With its signature and the key that it was made with, where there is one. */
async function writeRepomd({ signer, time, writer }: PublishContext, repomd: Buffer): Promise<void> {
  await writer.write([{ path: REPOMD, permanence: 'current' }], repomd);
  if (signer === undefined) return;
  const signature = await signer.signDetached(repomd, time);
  await writer.write([{ path: REPOMD_SIGNATURE, permanence: 'current' }], Buffer.from(signature));
  await writer.write([{ path: REPOMD_KEY, permanence: 'current' }], Buffer.from(signer.publicKey));
}
