import type { FamilyName, PublicationConfig } from '../config/schema.ts';
import { MirrorError } from '../core/errors.ts';
import { combinedContents } from './contents.ts';
import type { OperationContext } from './context.ts';
import { familyNamed } from './families.ts';
import { mergePackages, versioningOf } from './merge.ts';
import { refuseTakenName, type SnapshotSummary, storeSnapshot } from './snapshots.ts';
import { type NamedSource, storedSource, warnIfBehind } from './sources.ts';

/**
 * Freezes what a mirror, repo or publication has now, or copies a snapshot. Throws NAME_INVALID, NAME_TAKEN, NAME_UNKNOWN and
 * NEVER_SYNCED.
 */
export async function createSnapshot(name: string, from: string, context: OperationContext): Promise<SnapshotSummary> {
  refuseTakenName(name, context);
  const source = storedSource(from, context);
  await warnIfBehind([source], context);
  return storeSnapshot(
    {
      name,
      family: source.family,
      contents: combinedContents(source.contents.list, [source.contents]),
      description: `of the ${source.kind} ${from}`,
      from: [{ kind: source.kind, name: from }],
    },
    context,
  );
}

/** A snapshot without packages, to pull into. Throws NAME_INVALID and NAME_TAKEN. */
export function createEmptySnapshot(name: string, family: FamilyName, context: OperationContext): SnapshotSummary {
  refuseTakenName(name, context);
  const contents = combinedContents(context.catalogue.saveList(family, []), []);
  return storeSnapshot({ name, family, contents, description: 'empty', from: [] }, context);
}

/**
 * Several sources as one snapshot, the later over the earlier, as `mergePackages` says. One source is copied. Throws NAME_INVALID,
 * NAME_TAKEN, NAME_UNKNOWN, NEVER_SYNCED, and USAGE when they are not of one family.
 */
export async function mergeSnapshots(
  name: string,
  sources: readonly string[],
  context: OperationContext,
  rule: PublicationConfig['merge'] = 'replace',
): Promise<SnapshotSummary> {
  const { catalogue } = context;
  refuseTakenName(name, context);
  const opened = sources.map((source) => storedSource(source, context));
  const family = commonFamily(opened);
  await warnIfBehind(opened, context);
  const lists = opened.map(({ contents }) => [...catalogue.packages(contents.list.id)]);
  const contents = opened.map((source) => source.contents);
  const versioning = await versioningOf(familyNamed(family), { sources: contents, rule, blobs: context.blobs });
  const ids = mergePackages(lists, rule, versioning).map((entry) => entry.id);
  // What has no package says nothing of how the packages were checked.
  const contributing = contents.filter(({ list }) => list.count > 0);
  const how = { replace: '', latest: ', the newest of each', keepAll: ', every version' }[rule];
  return storeSnapshot(
    {
      name,
      family,
      contents: combinedContents(catalogue.saveList(family, ids), contributing),
      description: `merge of ${sources.join(', ')}${how}`,
      from: opened.map((source) => ({ kind: source.kind, name: source.name })),
    },
    context,
  );
}

/** The family that all sources are of. Throws USAGE. */
export function commonFamily(sources: readonly Pick<NamedSource, 'name' | 'family'>[]): FamilyName {
  const [first, ...others] = sources;
  if (first === undefined) throw new MirrorError('USAGE', 'name at least one source', { hint: 'A mirror, a repo or a snapshot.' });
  const other = others.find(({ family }) => family !== first.family);
  if (other === undefined) return first.family;
  const families = `"${other.name}" is of the ${other.family} family and "${first.name}" of the ${first.family} family`;
  throw new MirrorError('USAGE', families, { hint: 'Packages of one family go into a snapshot.' });
}
