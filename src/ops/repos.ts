import type { Config, FamilyName, RepoConfig } from '../config/schema.ts';
import { counted } from '../core/counts.ts';
import { MirrorError } from '../core/errors.ts';
import { unknownName } from '../core/names.ts';
import { matcher } from '../query/matcher.ts';
import { parseQuery } from '../query/parse.ts';
import type { Catalogue, Contents, RepoState } from '../store/catalogue.ts';
import { acquireLock } from '../store/locks.ts';
import type { OperationContext } from './context.ts';
import { familyNamed } from './families.ts';

/** A local repository, for people and --json. */
export interface RepoSummary {
  readonly name: string;
  readonly type: FamilyName;
  readonly packages: number;
  readonly bytes: number;
  /** ISO 8601; null when nothing was ever added. */
  readonly changed: string | null;
}

/** What was, or would be, removed. */
export interface RepoRemoveReport {
  readonly name: string;
  readonly dryRun: boolean;
  /** name_version_architecture. */
  readonly removed: readonly string[];
  /** What the repo has now, or would have. */
  readonly packages: number;
}

/** The repo of this name in the configuration. Throws NAME_UNKNOWN with the nearest names. */
export function repoNamed(name: string, config: Config): RepoConfig {
  const repo = Object.hasOwn(config.repos, name) ? config.repos[name] : undefined;
  if (repo === undefined) throw unknownName('repo', name, Object.keys(config.repos));
  return repo;
}

/** Every repo of the configuration, in its order. `catalogue` is undefined where nothing was ever stored. */
export function listRepos(config: Config, catalogue: Catalogue | undefined): RepoSummary[] {
  return Object.keys(config.repos).map((name) => repoSummary(name, config, catalogue));
}

/** One repo. Throws NAME_UNKNOWN. */
export function repoSummary(name: string, config: Config, catalogue: Catalogue | undefined): RepoSummary {
  const { type } = repoNamed(name, config);
  const state = stateOf(name, type, catalogue);
  if (state === undefined) return { name, type, packages: 0, bytes: 0, changed: null };
  const { count, bytes } = state.contents.list;
  return { name, type, packages: count, bytes, changed: new Date(state.changedAt).toISOString() };
}

/** The packages of a repo, as people name them, sorted by name. */
export function* repoPackages(name: string, config: Config, catalogue: Catalogue | undefined): Generator<string> {
  const { type } = repoNamed(name, config);
  const state = stateOf(name, type, catalogue);
  if (catalogue === undefined || state === undefined) return;
  const { label } = familyNamed(type);
  for (const stored of catalogue.packages(state.contents.list.id)) yield label(stored);
}

/** What a repo has; an empty list where nothing was ever added. */
export function repoContents(name: string, family: FamilyName, catalogue: Catalogue): Contents {
  const state = stateOf(name, family, catalogue);
  return (
    state?.contents ?? { list: catalogue.saveList(family, []), supplements: [], checked: { metadata: true, packages: false }, keys: [] }
  );
}

/** What is stored of a repo. The name may have stood for one of the other family before. */
function stateOf(name: string, family: FamilyName, catalogue: Catalogue | undefined): RepoState | undefined {
  const state = catalogue?.repo(name);
  return state?.family === family ? state : undefined;
}

/**
 * Takes the packages that match any of some queries out of a repo. Their files stay in the pool as long as anything else needs them. Throws NAME_UNKNOWN,
 * QUERY_INVALID, PACKAGE_UNKNOWN when nothing matches, LOCKED.
 */
export async function removeFromRepo(
  name: string,
  queries: readonly string[],
  context: OperationContext,
  options: { readonly dryRun?: boolean | undefined } = {},
): Promise<RepoRemoveReport> {
  const { catalogue, clock, config, report, storage } = context;
  const { type } = repoNamed(name, config);
  const family = familyNamed(type);
  const matches = queries.map((query) => matcher(parseQuery(query), family.compareVersions));
  using _ = await acquireLock(storage, `repo-${name}`, `removing from ${name}`);
  const state = stateOf(name, type, catalogue);
  const kept: number[] = [];
  const removed: string[] = [];
  for (const stored of catalogue.packages(repoContents(name, type, catalogue).list.id)) {
    const extra = (kind: string): Buffer | undefined => [...catalogue.extras([stored.id], kind)][0]?.data;
    const subject = family.subject(family.candidate(stored, name, extra));
    if (matches.some((match) => match(subject))) removed.push(family.label(stored));
    else kept.push(stored.id);
  }
  if (state === undefined || removed.length === 0) {
    throw new MirrorError(
      'PACKAGE_UNKNOWN',
      `repo "${name}" has no package that matches ${queries.map((query) => `"${query}"`).join(' or ')}`,
      {
        hint: `See what it has with \`mirror repo show ${name} --packages\`.`,
      },
    );
  }
  if (options.dryRun !== true) {
    const contents = { ...state.contents, list: catalogue.saveList(type, kept) };
    catalogue.putRepo({ ...state, contents, changedAt: clock.now().getTime() });
  }
  const done = options.dryRun === true ? 'to remove' : 'removed';
  report({
    type: 'done',
    subject: name,
    summary: `${counted(removed.length, 'package')} ${done}, ${counted(kept.length, 'package')} left`,
  });
  return { name, dryRun: options.dryRun === true, removed, packages: kept.length };
}
