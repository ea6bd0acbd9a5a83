import type { MirrorConfig } from '../config/schema.ts';
import { nearestNames } from '../core/names.ts';
import type { Family } from '../family/family.ts';
import { matcher } from '../query/matcher.ts';
import { parseQuery } from '../query/parse.ts';
import type { Candidate } from '../solve/universe.ts';
import type { BlobStore } from '../store/blobs.ts';
import { subjectsFor } from './query-subjects.ts';

/** One package that is asked for, in any of some versions. */
export interface AskedPackage {
  /** As it was asked for; the package's name where a query stands for several. */
  readonly asked: string;
  /** Of each name the newest first; none where there is no such package. */
  readonly candidates: readonly Candidate[];
  /** Names that are near where there is no such package. */
  readonly near: readonly string[];
}

/** Whose packages are looked at, and where what is known of them is read. */
interface Within {
  readonly family: Family<MirrorConfig, Candidate>;
  readonly blobs: BlobStore;
}

const NAME_AND_VERSION = /^([^\s=(){}|,!<>~%'"]+)=([^\s=]+)$/;

/** Takes `a, b (>= 1), c` apart at the commas that are in neither parentheses nor quotes. */
export function splitAsked(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = '';
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote !== '') {
      if (character === '\\') at++;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === ',' && depth <= 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)].map((part) => part.trim()).filter((part) => part !== '');
}

/**
 * What each of `items` asks for among some packages: `name=version` that version, a name any version of the package that has it, or else of
 * those that provide it, and any other query every package that it matches, by name. Throws QUERY_INVALID.
 */
export async function findAsked(
  items: readonly string[],
  candidates: readonly Candidate[],
  { family, blobs }: Within,
): Promise<AskedPackage[]> {
  if (items.length === 0) return [];
  const byName = Map.groupBy(candidates, ({ name }) => name);
  const newestFirst = (found: readonly Candidate[]): Candidate[] =>
    [...Map.groupBy(found, ({ name }) => name).values()].flatMap((list) =>
      bestArchitectures(list, family).sort((a, b) => family.compareVersions(b.version, a.version)),
    );
  const matching = await queryMatches(
    items.filter((item) => exact(item, byName, family) === undefined),
    candidates,
    { family, blobs },
  );
  return items.flatMap((item): AskedPackage[] => {
    const own = exact(item, byName, family);
    if (own !== undefined)
      return [{ asked: item, candidates: newestFirst(own), near: own.length > 0 ? [] : nearestNames(item, byName.keys()) }];
    const { name: wanted, found } = matching.get(item) ?? { name: item, found: [] };
    if (found.length === 0) return [{ asked: item, candidates: [], near: nearestNames(item, byName.keys()) }];
    if (wanted !== undefined) {
      const named = found.filter(({ name }) => name === wanted);
      return [{ asked: item, candidates: newestFirst(named.length > 0 ? named : found), near: [] }];
    }
    return [...Map.groupBy(found, ({ name }) => name)].map(([asked, list]) => ({ asked, candidates: newestFirst(list), near: [] }));
  });
}

/** Of a name that there is for 64 bits and for 32, those for 64: package managers take these. */
function bestArchitectures(
  candidates: Candidate[],
  { architectureRank }: Pick<Family<MirrorConfig, Candidate>, 'architectureRank'>,
): Candidate[] {
  if (architectureRank === undefined) return candidates;
  const ranks = candidates.map(({ architecture }) => architectureRank(architecture));
  const best = Math.min(...ranks);
  return candidates.filter((_, index) => ranks[index] === best);
}

/** What an item means that is no query: a name that there is, or `name=version`. */
function exact(
  item: string,
  byName: ReadonlyMap<string, readonly Candidate[]>,
  family: Family<MirrorConfig, Candidate>,
): readonly Candidate[] | undefined {
  const whole = byName.get(item);
  if (whole !== undefined) return whole;
  const [, name = '', version = ''] = NAME_AND_VERSION.exec(item) ?? [];
  if (name === '') return undefined;
  return (byName.get(name) ?? []).filter((candidate) => family.compareVersions(candidate.version, version) === 0);
}

interface Matches {
  /** For a query that asks for one package: the name that it asks for. */
  readonly name: string | undefined;
  readonly found: Candidate[];
}

async function queryMatches(
  items: readonly string[],
  candidates: readonly Candidate[],
  { family, blobs }: Within,
): Promise<Map<string, Matches>> {
  const queries = items.map((item) => {
    const query = parseQuery(item);
    return {
      item,
      query,
      matches: matcher(query, family.compareVersions),
      result: { name: query.kind === 'dependency' ? query.name : undefined, found: [] as Candidate[] },
    };
  });
  if (queries.length > 0) {
    const subjects = await subjectsFor(
      queries.map(({ query }) => query),
      candidates,
      { family, blobs },
    );
    for (const candidate of candidates) {
      const subject = subjects.subject(candidate);
      for (const { matches, result } of queries) if (matches(subject)) result.found.push(candidate);
    }
  }
  return new Map(queries.map(({ item, result }) => [item, result]));
}
