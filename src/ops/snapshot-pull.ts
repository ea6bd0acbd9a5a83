import type { MirrorConfig } from '../config/schema.ts';
import type { Family, StreamOf } from '../family/family.ts';
import { parseQuery } from '../query/parse.ts';
import { closure, unsatisfiedIn } from '../solve/closure.ts';
import type { Candidate } from '../solve/universe.ts';
import type { Unsatisfied } from '../store/catalogue.ts';
import { combinedContents } from './contents.ts';
import type { OperationContext } from './context.ts';
import { closureOptions, type FollowOptions, warnUnsatisfied } from './dependencies.ts';
import { familyNamed } from './families.ts';
import { versioningOf } from './merge.ts';
import { commonFamily } from './snapshot-create.ts';
import { matchingEntries } from './snapshot-filter.ts';
import { refuseTakenName, type SnapshotSummary, storeSnapshot } from './snapshots.ts';
import { type StoredCandidate, storedCandidates, storedSource, warnIfBehind } from './sources.ts';

export interface PullRequest extends FollowOptions {
  /** What is pulled into; it stays as it is. */
  readonly base: string;
  /** What packages are taken from. */
  readonly source: string;
  /** The new snapshot. */
  readonly name: string;
  /** A package of the source is taken when it matches any of them. */
  readonly queries: readonly string[];
  /** Also what the packages need and the base has not. Default: true. */
  readonly withDeps?: boolean | undefined;
  /** Other versions of the same name and architecture that the base has are left out. Default: true. */
  readonly remove?: boolean | undefined;
  /** Every version that matches, not only the newest of a name and architecture. */
  readonly allMatches?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface PullReport {
  /** Undefined for a dry run. */
  readonly snapshot: SnapshotSummary | undefined;
  /** As people name packages, sorted. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly unsatisfied: readonly Unsatisfied[];
}

/**
 * A new snapshot of what the base has with packages of the source in place of, or beside, the versions that the base has of them. Only
 * packages of the base's architectures are taken. Warns of what cannot be satisfied, and of what the base could satisfy and the new
 * snapshot cannot. Throws QUERY_INVALID, NAME_INVALID, NAME_TAKEN, NAME_UNKNOWN, NEVER_SYNCED, PACKAGE_UNKNOWN when nothing matches, and
 * USAGE when base and source are not of one family.
 */
export async function pullIntoSnapshot(request: PullRequest, context: OperationContext): Promise<PullReport> {
  const { name, queries, dryRun = false } = request;
  const { catalogue, report } = context;
  const parsed = queries.map((query) => parseQuery(query));
  refuseTakenName(name, context);
  const [base, source] = [storedSource(request.base, context), storedSource(request.source, context)];
  const family = familyNamed(commonFamily([base, source]));
  await warnIfBehind([base, source], context);
  report({ type: 'phase', subject: name, phase: 'select' });
  const present = await storedCandidates(base.name, base.contents, context);
  const known = new Map(present.map((entry) => [entry.stored.id, entry]));
  const taken = await storedCandidates(source.name, source.contents, context, known);
  const offered = forArchitecturesOf(present, taken, request.sources === true ? ['source', 'src', 'nosrc'] : []);
  const matches = matchingEntries(offered, parsed, source, context);
  const { streamOf } = await versioningOf(family, { sources: [base.contents, source.contents], rule: 'replace', blobs: context.blobs });
  const { members, unsatisfied } = await pulledMembers({ request, family, present, offered, matches, streamOf }, context);
  warnUnsatisfied(name, unsatisfied, context);
  const result = {
    added: labels(members, present, family),
    removed: labels(present, members, family),
    unsatisfied,
  };
  if (result.removed.length > 0) await warnBroken(name, { present, members, family, follow: request }, context);
  if (dryRun) return { snapshot: undefined, ...result };
  const list = catalogue.saveList(
    family.name,
    members.map(({ stored }) => stored.id),
  );
  const sources = [base, source];
  const contributing = sources.map(({ contents }) => contents).filter((contents) => contents.list.count > 0);
  const snapshot = storeSnapshot(
    {
      name,
      family: family.name,
      contents: combinedContents(list, contributing),
      description: `pull from ${source.name} into ${base.name}: ${queries.join(' | ')}`,
      from: sources.map((from) => ({ kind: from.kind, name: from.name })),
    },
    context,
  );
  return { snapshot, ...result };
}

/** The entries that are for an architecture that the base has packages for, or for one of the others; all of them where it is empty. */
function forArchitecturesOf(
  present: readonly StoredCandidate[],
  entries: readonly StoredCandidate[],
  others: readonly string[],
): readonly StoredCandidate[] {
  if (present.length === 0) return entries;
  const architectures = new Set(['all', 'noarch', ...others, ...present.map(({ stored }) => stored.architecture)]);
  return entries.filter(({ stored }) => architectures.has(stored.architecture));
}

interface Pull {
  readonly request: PullRequest;
  readonly family: Family<MirrorConfig, Candidate>;
  readonly present: readonly StoredCandidate[];
  readonly offered: readonly StoredCandidate[];
  readonly matches: readonly StoredCandidate[];
  readonly streamOf: StreamOf | undefined;
}

interface Pulled {
  readonly members: readonly StoredCandidate[];
  readonly unsatisfied: readonly Unsatisfied[];
}

/**
 * What the new snapshot has. A dependency that is taken may take the place of a version in the base that satisfied something else, so that
 * the dependencies are looked for again until no more of the base goes.
 */
async function pulledMembers({ request, family, present, offered, matches, streamOf }: Pull, { blobs }: OperationContext): Promise<Pulled> {
  const { withDeps = true, remove = true, allMatches = false } = request;
  const keyOf = ({ stored }: StoredCandidate): string => `${stored.name} ${stored.architecture} ${streamOf?.(stored) ?? ''}`;
  const pulled = new Set(allMatches ? matches : newestOfEach(matches, keyOf, family));
  let unsatisfied: readonly Unsatisfied[] = [];
  for (;;) {
    const kept = remove ? withoutVersionsOf(present, pulled, keyOf) : present;
    if (!withDeps) return { members: [...new Set([...kept, ...pulled])], unsatisfied };
    const world = [...new Set([...kept, ...offered, ...pulled])];
    const entryOf = new Map(world.map((entry) => [entry.candidate, entry]));
    const universe = await family.universe([...entryOf.keys()], blobs);
    const seeds = [...pulled].map(({ candidate }) => candidate);
    const closed = closure(universe, seeds, {
      ...closureOptions(request),
      base: kept.filter((entry) => !pulled.has(entry)).map(({ candidate }) => candidate),
      label: family.label,
    });
    unsatisfied = closed.unsatisfied;
    const before = pulled.size;
    for (const candidate of closed.selected) {
      const entry = entryOf.get(candidate);
      if (entry !== undefined) pulled.add(entry);
    }
    if (pulled.size === before) return { members: [...new Set([...kept, ...pulled])], unsatisfied };
  }
}

/** What is equal for versions of one package. */
type KeyOf = (entry: StoredCandidate) => string;

function newestOfEach(
  entries: readonly StoredCandidate[],
  keyOf: KeyOf,
  { compareVersions }: Family<MirrorConfig, Candidate>,
): StoredCandidate[] {
  const newest = new Map<string, StoredCandidate>();
  for (const entry of entries) {
    const known = newest.get(keyOf(entry));
    if (known === undefined || compareVersions(entry.stored.version, known.stored.version) > 0) newest.set(keyOf(entry), entry);
  }
  return [...newest.values()];
}

/** Without the other versions of what is pulled, which stays itself. */
function withoutVersionsOf(present: readonly StoredCandidate[], pulled: ReadonlySet<StoredCandidate>, keyOf: KeyOf): StoredCandidate[] {
  const keys = new Set([...pulled].map(keyOf));
  return present.filter((entry) => pulled.has(entry) || !keys.has(keyOf(entry)));
}

/** The names of what one list has and the other has not. */
function labels(
  entries: readonly StoredCandidate[],
  others: readonly StoredCandidate[],
  { label }: Family<MirrorConfig, Candidate>,
): string[] {
  const known = new Set(others.map(({ stored }) => stored.id));
  return entries
    .filter(({ stored }) => !known.has(stored.id))
    .map(({ stored }) => label(stored))
    .sort();
}

interface Change {
  readonly present: readonly StoredCandidate[];
  readonly members: readonly StoredCandidate[];
  readonly family: Family<MirrorConfig, Candidate>;
  readonly follow: FollowOptions;
}

/** Warns of packages of the base that lose what they need. */
async function warnBroken(name: string, { present, members, family, follow }: Change, context: OperationContext): Promise<void> {
  const lacking = async (entries: readonly StoredCandidate[], among: readonly StoredCandidate[]): Promise<Unsatisfied[]> => {
    const universe = await family.universe(
      entries.map(({ candidate }) => candidate),
      context.blobs,
    );
    const asked = among.map(({ candidate }) => candidate);
    return unsatisfiedIn(universe, asked, { ...closureOptions(follow), label: family.label });
  };
  const text = ({ requirement, chain }: Unsatisfied): string => `${chain.join(' ')} ${requirement}`;
  const old = new Set(present);
  const staying = members.filter((entry) => old.has(entry));
  const after = await lacking(members, staying);
  if (after.length === 0) return;
  const before = new Set((await lacking(present, staying)).map(text));
  warnUnsatisfied(
    name,
    after.filter((entry) => !before.has(text(entry))),
    context,
  );
}
