import { MirrorError } from '../core/errors.ts';
import { nearestNames } from '../core/names.ts';
import { matcher } from '../query/matcher.ts';
import { missingNames } from '../query/missing-names.ts';
import { parseQuery } from '../query/parse.ts';
import type { Query } from '../query/query.ts';
import { combinedContents } from './contents.ts';
import type { OperationContext } from './context.ts';
import { type FollowOptions, warnUnsatisfied, withDependencies } from './dependencies.ts';
import { familyNamed } from './families.ts';
import { refuseTakenName, type SnapshotSummary, storeSnapshot } from './snapshots.ts';
import { type NamedSource, type StoredCandidate, storedCandidates, storedSource, warnIfBehind } from './sources.ts';

export interface FilterRequest extends FollowOptions {
  /** What is filtered. */
  readonly source: string;
  /** The new snapshot. */
  readonly name: string;
  /** A package stays when it matches any of them. */
  readonly queries: readonly string[];
  /** Also what the packages need, of the same source. */
  readonly withDeps?: boolean | undefined;
}

/**
 * The packages of a source that match any of some queries, as a new snapshot. Throws QUERY_INVALID, NAME_INVALID, NAME_TAKEN, NAME_UNKNOWN,
 * NEVER_SYNCED, and PACKAGE_UNKNOWN when nothing matches.
 */
export async function filterSnapshot(request: FilterRequest, context: OperationContext): Promise<SnapshotSummary> {
  const { name, queries, withDeps = false } = request;
  const { blobs, catalogue, report } = context;
  const parsed = queries.map((query) => parseQuery(query));
  refuseTakenName(name, context);
  const source = storedSource(request.source, context);
  const family = familyNamed(source.family);
  await warnIfBehind([source], context);
  report({ type: 'phase', subject: name, phase: 'select' });
  const entries = await storedCandidates(source.name, source.contents, context);
  let selected = matchingEntries(entries, parsed, source, context);
  if (withDeps) {
    const universe = await family.universe(
      entries.map(({ candidate }) => candidate),
      blobs,
    );
    const seeds = selected.map(({ candidate }) => candidate);
    const closed = withDependencies({ ...request, family, universe, seeds });
    warnUnsatisfied(name, closed.unsatisfied, context);
    const kept = new Set(closed.selected);
    selected = entries.filter(({ candidate }) => kept.has(candidate));
  }
  const ids = selected.map(({ stored }) => stored.id);
  return storeSnapshot(
    {
      name,
      family: source.family,
      contents: combinedContents(catalogue.saveList(source.family, ids), [source.contents]),
      description: `filter of ${source.name}: ${queries.join(' | ')}${withDeps ? ', with dependencies' : ''}`,
      from: [{ kind: source.kind, name: source.name }],
    },
    context,
  );
}

/** The entries that match any of the queries. Warns of names that do not exist. Throws PACKAGE_UNKNOWN when there is none. */
export function matchingEntries(
  entries: readonly StoredCandidate[],
  queries: readonly Query[],
  source: NamedSource,
  { report }: Pick<OperationContext, 'report'>,
): StoredCandidate[] {
  const { subject, compareVersions } = familyNamed(source.family);
  const predicates = queries.map((query) => matcher(query, compareVersions));
  const found = entries.filter(({ candidate }) => {
    const asked = subject(candidate);
    return predicates.some((matches) => matches(asked));
  });
  const names = new Set(entries.map(({ stored }) => stored.name));
  const exists = (name: string): boolean =>
    names.has(name) || entries.some(({ candidate }) => subject(candidate).satisfies(name, undefined, undefined));
  const missing = [...new Set(queries.flatMap((query) => missingNames(query, exists)))].map((name) => {
    const near = nearestNames(name, names);
    return `"${name}"${near.length === 0 ? '' : ` (did you mean ${near.join(' or ')}?)`}`;
  });
  if (found.length === 0) {
    throw new MirrorError('PACKAGE_UNKNOWN', `${source.kind} "${source.name}" has no package that matches`, {
      hint: missing.length > 0 ? `It has no ${missing.join(', no ')}.` : `Try the query with: mirror query ${source.name} QUERY`,
    });
  }
  for (const name of missing) report({ type: 'warning', subject: source.name, message: `there is no package ${name}` });
  return found;
}
