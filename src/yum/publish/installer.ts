import { hash } from 'node:crypto';
import { MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { safeRelativePath } from '../../core/paths.ts';
import type { PublishContext } from '../../family/family.ts';
import { describeSupplement } from '../../family/supplement-content.ts';
import type { Supplement } from '../../store/catalogue.ts';
import { TREEINFO_NAMES } from '../format/repository/repository-paths.ts';
import { withRepomdChecksum } from '../format/repository/treeinfo-checksum.ts';

/**
 * Publishes what installs a machine over the network: the files that a .treeinfo names, at their own places, and the .treeinfo under both
 * of its names, with the checksum of the new repomd.xml in place of that of the upstream's. Of several sources that have one the last
 * is taken, and said. Nothing where there is none. Errors: PATH_UNSAFE, PACKAGE_CONFLICT, BLOB_*.
 */
export async function writeInstaller(context: PublishContext, repomd: Buffer): Promise<void> {
  const { blobs, name, report, writer } = context;
  const supplements = context.components.flatMap((component) => component.supplements);
  const trees = supplements.filter(({ kind }) => kind === 'treeinfo');
  const tree = trees.at(-1);
  if (tree === undefined) return;
  if (trees.some(({ sha256 }) => sha256 !== tree.sha256)) {
    const message = `several sources have an installer, of which one can be published: that of mirror ${tree.mirror} is`;
    report({ type: 'warning', subject: name, message });
  }
  linkInstaller(context, supplements, tree);
  const upstream = await blobs.readWhole(tree.sha256, LIMITS.treeinfo);
  const text = withRepomdChecksum(upstream, hash('sha256', repomd));
  const paths = TREEINFO_NAMES.map((path) => ({ path, permanence: 'current' as const }));
  await writer.write(paths, text);
}

/** Links the files that a .treeinfo names: those of its mirror, the last of each path where several states of the mirror are there. */
export function linkInstaller({ writer }: PublishContext, supplements: readonly Supplement[], tree: Supplement): void {
  const files = new Map<string, Supplement>();
  for (const supplement of supplements) {
    if (supplement.kind === 'installer' && supplement.mirror === tree.mirror) files.set(supplement.path, supplement);
  }
  for (const file of files.values()) {
    const path = safeRelativePath(file.path, describeSupplement(file));
    if (/^repodata(?:\/|$)/.test(path) || TREEINFO_NAMES.some((own) => own === path)) {
      throw new MirrorError('PATH_UNSAFE', `${describeSupplement(tree)} names ${path}, where the repository has its own metadata`);
    }
    writer.link(path, { sha256: file.sha256, size: file.size }, 'current');
  }
}
