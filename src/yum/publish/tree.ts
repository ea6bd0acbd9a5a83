import { counted } from '../../core/counts.ts';
import type { PublishContext, PublishedTree } from '../../family/family.ts';
import { formatRepomd } from '../format/repomd.ts';
import { writeDocuments } from './documents.ts';
import { layOut } from './layout.ts';
import { metadataTime } from './metadata-file.ts';

/**
 * Writes a yum repository: the packages, primary, filelists and other (the checksum in the name), and repomd.xml, which is signed
 * where there is a signer, beside its key. Packages keep the places that they have upstream; where two different files would be at one place,
 * both get a directory of their own. Equal packages and time give equal files, signatures apart.
 */
export async function publishTree(context: PublishContext): Promise<PublishedTree> {
  const { components, report, writer } = context;
  const packages = components.flatMap((component) => component.packages);
  const paths = layOut(packages);
  report({ type: 'phase', subject: context.name, phase: 'publish', detail: counted(packages.length, 'package') });
  for (const [index, { sha256, size }] of packages.entries()) writer.link(paths[index] ?? '', { sha256, size });
  const records = await writeDocuments(context, { packages, paths });
  await writeRepomd(context, Buffer.from(formatRepomd(String(metadataTime(context) / 1000), records)));
  return {
    components: components.map((component) => component.name),
    architectures: [...new Set(packages.map((entry) => entry.architecture))].sort(),
  };
}

/** With its signature and the key that it was made with, where there is one. */
async function writeRepomd({ signer, time, writer }: PublishContext, repomd: Buffer): Promise<void> {
  await writer.write([{ path: 'repodata/repomd.xml', permanence: 'current' }], repomd);
  if (signer === undefined) return;
  const signature = await signer.signDetached(repomd, time);
  await writer.write([{ path: 'repodata/repomd.xml.asc', permanence: 'current' }], Buffer.from(signature));
  await writer.write([{ path: 'repodata/repomd.xml.key', permanence: 'current' }], Buffer.from(signer.publicKey));
}
