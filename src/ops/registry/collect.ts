import { type CollectedManifest, collectRegistry } from '../../oci/registry/collect.ts';
import { readEntries } from '../../store/generation-map.ts';
import { acquireLock } from '../../store/locks.ts';
import type { OperationContext } from '../context.ts';

export interface CollectSettings {
  /** What was pushed so short a time ago stays, in milliseconds. */
  readonly grace: number;
  /** Also manifests that no tag leads to. */
  readonly untagged: boolean;
  readonly dryRun: boolean;
}

export interface CollectReport {
  readonly dryRun: boolean;
  readonly manifests: readonly CollectedManifest[];
  /** Blobs that a repository no longer has, counted for each. */
  readonly links: number;
  readonly repositories: readonly string[];
  /** Files that are gone from the pool. */
  readonly files: number;
  /** Of these. */
  readonly bytes: number;
}

/**
 * Removes from the embedded registry what nothing leads to, and from the pool the files that were only the registry's. Safe beside pushes, to a server or from the
 * command line: what they are about to use counts as used, and a file is removed in a transaction in which no repository has it. Throws LOCKED where another collection is under way.
 */
export async function collectImages(context: OperationContext, { grace, untagged, dryRun }: CollectSettings): Promise<CollectReport> {
  const { catalogue, blobs, clock, storage, signal } = context;
  using _lock = await acquireLock(storage, 'registry-gc', 'collecting what the registry no longer needs', { signal });
  const since = clock.now().getTime() - grace;
  const { files, ...collected } = collectRegistry(catalogue.registry, { since, untagged, dryRun });
  const used = await usedElsewhere(new Set(files.keys()), context);
  let count = 0;
  let bytes = 0;
  for (const [sha256, size] of files) {
    signal.throwIfAborted();
    const remove = used.has(sha256) ? undefined : (): boolean => blobs.deleteOlder(sha256, since);
    const gone = dryRun ? remove !== undefined : catalogue.registry.removeUnlinked(sha256, remove) && remove !== undefined;
    if (!gone) continue;
    count += 1;
    bytes += size;
  }
  return { dryRun, ...collected, files: count, bytes };
}

/** Which of some files packages, indexes and published trees need. */
async function usedElsewhere(wanted: ReadonlySet<string>, { catalogue, blobs }: OperationContext): Promise<Set<string>> {
  if (wanted.size === 0) return new Set();
  const used = catalogue.namedBlobs(wanted);
  const maps = catalogue.publications().flatMap(({ name }) => catalogue.generations(name).map(({ digest }) => digest));
  for (const digest of new Set(maps)) {
    if ((await blobs.stat(digest)) === undefined) continue;
    for (const { blob } of await readEntries(blobs, digest)) if (wanted.has(blob.sha256)) used.add(blob.sha256);
  }
  return used;
}
