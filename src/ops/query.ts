import type { FamilyName, MirrorConfig } from '../config/schema.ts';
import { nearestNames } from '../core/names.ts';
import { compareText } from '../core/order.ts';
import type { Family } from '../family/family.ts';
import { matcher } from '../query/matcher.ts';
import { missingNames } from '../query/missing-names.ts';
import type { FormatField } from '../query/output-format.ts';
import { readField } from '../query/package-fields.ts';
import { parseQuery } from '../query/parse.ts';
import type { Candidate } from '../solve/universe.ts';
import type { Unsatisfied } from '../store/catalogue.ts';
import type { OperationContext } from './context.ts';
import { type FollowOptions, warnUnsatisfied, withDependencies } from './dependencies.ts';
import { familyNamed } from './families.ts';
import { companions } from './names.ts';
import { subjectsFor } from './query-subjects.ts';
import { type OpenedSource, openSources } from './sources.ts';

export interface QueryOptions extends FollowOptions {
  /** Everything where it is left out. */
  readonly query?: string | undefined;
  /** Also what the packages need: of the same source, and of the mirrors that it is published with where it is a mirror. */
  readonly withDeps?: boolean | undefined;
}

/** A package that a query has found. */
export interface FoundPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Of its file, in bytes. */
  readonly size: number;
  /** Null where the metadata states another checksum and the file was not fetched. */
  readonly sha256: string | null;
  readonly location: string;
  /** `name_version_architecture` or `name-[epoch:]version-release.arch`. */
  readonly label: string;
  /** The value of a field, empty where the package has no such. */
  field(field: FormatField): string;
  /** All that the metadata says of it. */
  describe(): string;
}

export interface QueryResult {
  readonly family: FamilyName;
  /** By name, then version in the family's order, then architecture. */
  readonly packages: readonly FoundPackage[];
  readonly unsatisfied: readonly Unsatisfied[];
}

/**
 * Searches a mirror, repo, snapshot or publication. A mirror whose metadata is newer than its packages is searched by the metadata. Reports
 * names in the query that do not exist, with near ones, and what cannot be satisfied. Throws NAME_UNKNOWN, NEVER_SYNCED and QUERY_INVALID.
 */
export async function queryPackages(name: string, context: OperationContext, options: QueryOptions = {}): Promise<QueryResult> {
  const { report } = context;
  const query = options.query === undefined ? undefined : parseQuery(options.query);
  const [source, ...others] = await openSources(namesToOpen(name, context, options), context);
  if (source === undefined) throw new Error('what is opened is given back');
  if (source.planned) {
    const message = 'the metadata is newer than the packages: this is what the next sync would bring';
    report({ type: 'info', subject: name, message });
  }
  const family = familyNamed(source.family);
  let found = source.candidates;
  if (query !== undefined) {
    const matches = matcher(query, family.compareVersions);
    const subjects = await subjectsFor([query], found, { family, blobs: context.blobs });
    found = found.filter((candidate) => matches(subjects.subject(candidate)));
    const names = new Set(source.candidates.map((candidate) => candidate.name));
    const missing = missingNames(query, (wanted) => names.has(wanted) || satisfiedIn(source, wanted, family));
    for (const wanted of missing) {
      const near = nearestNames(wanted, names);
      const meant = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
      report({ type: 'warning', subject: name, message: `there is no package "${wanted}"${meant}` });
    }
  }
  if (found.length === 0) report({ type: 'info', subject: name, message: query === undefined ? 'it is empty' : 'no package matches' });
  const { selected, unsatisfied } =
    options.withDeps === true ? await closureOf(found, { source, others, family, options }, context) : { selected: found, unsatisfied: [] };
  warnUnsatisfied(name, unsatisfied, context);
  return { family: source.family, packages: foundPackages(selected, family), unsatisfied };
}

/** Dependencies of a mirror's packages may be with the mirrors that it is published with. */
function namesToOpen(name: string, { config, catalogue }: OperationContext, { withDeps = false }: QueryOptions): string[] {
  if (!withDeps || !Object.hasOwn(config.mirrors, name)) return [name];
  const isThere = (other: string): boolean => catalogue.mirror(other)?.family === config.mirrors[other]?.type;
  return [name, ...companions(config, name).filter((other) => other !== name && isThere(other))];
}

interface World {
  readonly source: OpenedSource;
  readonly others: readonly OpenedSource[];
  readonly family: Family<MirrorConfig, Candidate>;
  readonly options: FollowOptions;
}

async function closureOf(
  seeds: readonly Candidate[],
  { source, others, family, options }: World,
  { blobs }: OperationContext,
): Promise<{ readonly selected: readonly Candidate[]; readonly unsatisfied: readonly Unsatisfied[] }> {
  const candidates = [source, ...others].flatMap((opened) => opened.candidates);
  const universe = await family.universe(candidates, blobs);
  return withDependencies({ ...options, family, universe, seeds });
}

function satisfiedIn({ candidates }: OpenedSource, name: string, family: Family<MirrorConfig, Candidate>): boolean {
  return candidates.some((candidate) => family.subject(candidate).satisfies(name, undefined, undefined));
}

/** Sorted, each package once. */
function foundPackages(candidates: readonly Candidate[], family: Family<MirrorConfig, Candidate>): FoundPackage[] {
  const sorted = [...candidates].sort(
    (a, b) => compareText(a.name, b.name) || family.compareVersions(a.version, b.version) || compareText(a.architecture, b.architecture),
  );
  const seen = new Set<string>();
  const found: FoundPackage[] = [];
  for (const candidate of sorted) {
    const entry = foundPackage(candidate, family);
    const key = `${entry.label} ${candidate.checksums[0]?.value}`;
    if (seen.has(key)) continue;
    seen.add(key);
    found.push(entry);
  }
  return found;
}

function foundPackage(candidate: Candidate, family: Family<MirrorConfig, Candidate>): FoundPackage {
  const { name, version, architecture, size, location, checksums } = candidate;
  const sha256 = checksums.find(({ algorithm }) => algorithm === 'sha256')?.value ?? null;
  return {
    name,
    version,
    architecture,
    size,
    sha256,
    location,
    label: family.label(candidate),
    field: (field) => readField(family.subject(candidate), field),
    describe: () => family.describe(candidate),
  };
}
