import { compareText } from '../core/order.ts';
import type { Unsatisfied } from '../store/catalogue.ts';
import type { Candidate, ClosureOptions, Requirement, Universe } from './universe.ts';

export interface ClosureRequest<C extends Candidate> extends ClosureOptions {
  /** How a candidate is named in the chains of what cannot be satisfied. */
  readonly label: (candidate: C) => string;
  /** Candidates of the universe that are there already: they satisfy, ask for nothing, and are never among what is selected. */
  readonly base?: readonly C[] | undefined;
  /** Taken before others where a requirement leaves a choice. */
  readonly preferred?: ReadonlySet<C> | undefined;
}

export interface Closure<C extends Candidate> {
  /** The seeds and everything that they need, each once, sorted by name, architecture, version, mirror and location. */
  readonly selected: readonly C[];
  /** What no candidate satisfies, in order of discovery. */
  readonly unsatisfied: readonly Unsatisfied[];
}

/** A requirement that leaves a choice, with the candidate that has it. */
interface Open<C extends Candidate> {
  readonly alternatives: readonly (readonly C[])[];
  readonly owner: C;
}

/**
 * The seeds with everything that they need, directly or not. Equal sets of seeds give equal results, in whatever order they come.
 *
 * What leaves no choice is taken first, until nothing more follows. A requirement that something selected satisfies adds nothing. Of the
 * rest the oldest is decided, by the best candidate of its first alternative that has any; what only leaves a choice between versions of
 * one package goes before what leaves a choice between packages. Then everything that follows from it is taken, and so on. With
 * `allVariants` the best candidate of every package in every alternative is taken instead, unless the base has one.
 *
 * What has a condition counts as soon as that holds in the selection and the base.
 *
 * The result is closed, not proved to be installable: conflicts are not looked at (see `installableClosure`).
 */
export function closure<C extends Candidate>(universe: Universe<C>, seeds: readonly C[], request: ClosureRequest<C>): Closure<C> {
  const askedBy = new Map<C, C | undefined>();
  const unexpanded: C[] = [];
  const versionChoices: Open<C>[] = [];
  const packageChoices: Open<C>[] = [];
  const unsatisfied: Unsatisfied[] = [];
  // Families share lists between requirements; what is known of a list once does not have to be found out again for each of them.
  const satisfiedLists = new Set<readonly C[]>();
  const base = new Set(request.base);
  const openAlternatives = new Set<readonly (readonly C[])[]>();
  /** What waits for a candidate to be selected. */
  const waiting = new Map<C, { readonly requirement: Requirement; readonly owner: C }[]>();

  const select = (candidate: C, owner: C | undefined): void => {
    if (askedBy.has(candidate) || base.has(candidate)) return;
    askedBy.set(candidate, owner);
    unexpanded.push(candidate);
  };

  const isThere = (candidate: C): boolean => askedBy.has(candidate) || base.has(candidate);

  const isSatisfied = (alternatives: readonly (readonly C[])[]): boolean =>
    alternatives.some((list) => {
      if (satisfiedLists.has(list)) return true;
      if (!list.some(isThere)) return false;
      satisfiedLists.add(list);
      return true;
    });

  const selectVariants = (alternatives: readonly (readonly C[])[], owner: C): void => {
    if (base.size > 0 && alternatives.some((list) => list.some((candidate) => base.has(candidate)))) return;
    for (const list of alternatives) for (const candidate of bestOfEachPackage(list)) select(candidate, owner);
  };

  const decide = (alternatives: readonly (readonly C[])[]): C => {
    const { preferred } = request;
    if (preferred !== undefined)
      for (const list of alternatives) for (const candidate of list) if (preferred.has(candidate)) return candidate;
    return firstOf(alternatives);
  };

  const require = (requirement: Requirement, owner: C): void => {
    const missing = (requirement.when as readonly C[] | undefined)?.find((candidate) => !isThere(candidate));
    if (missing !== undefined) {
      const others = waiting.get(missing);
      if (others === undefined) waiting.set(missing, [{ requirement, owner }]);
      else others.push({ requirement, owner });
      return;
    }
    // A universe answers with its own candidates.
    const alternatives = requirement.alternatives as readonly (readonly C[])[];
    const choice = choiceOf(alternatives);
    if (choice === 'none') {
      unsatisfied.push({ requirement: requirement.text, chain: chainTo(owner, askedBy, request.label) });
    } else if (request.allVariants) {
      selectVariants(alternatives, owner);
    } else if (!isSatisfied(alternatives)) {
      if (choice === 'one') {
        select(decide(alternatives), owner);
      } else if (!openAlternatives.has(alternatives)) {
        openAlternatives.add(alternatives);
        (choice === 'versions' ? versionChoices : packageChoices).push({ alternatives, owner });
      }
    }
  };

  for (const seed of [...seeds].sort(compareCandidates)) select(seed, undefined);
  let expanded = 0;
  let versionsDecided = 0;
  let packagesDecided = 0;
  for (;;) {
    for (let next = unexpanded[expanded]; next !== undefined; next = unexpanded[++expanded]) {
      for (const requirement of universe.requirements(next, request)) require(requirement, next);
      for (const { requirement, owner } of waiting.get(next) ?? []) require(requirement, owner);
    }
    const open = versionChoices[versionsDecided] ?? packageChoices[packagesDecided];
    if (open === undefined) break;
    if (versionsDecided < versionChoices.length) versionsDecided++;
    else packagesDecided++;
    if (!isSatisfied(open.alternatives)) select(decide(open.alternatives), open.owner);
  }
  return { selected: [...askedBy.keys()].sort(compareCandidates), unsatisfied };
}

/** What members of a fixed set need and no candidate of the universe offers, in the order of the members; nothing is added to the set. */
export function unsatisfiedIn<C extends Candidate>(
  universe: Universe<C>,
  members: readonly C[],
  request: ClosureOptions & Pick<ClosureRequest<C>, 'label'>,
): Unsatisfied[] {
  return members.flatMap((member) =>
    universe
      .requirements(member, request)
      .filter(({ alternatives }) => choiceOf(alternatives) === 'none')
      .map(({ text }) => ({ requirement: text, chain: [request.label(member)] })),
  );
}

/** What a requirement leaves to be chosen: nothing at all, one candidate, versions of one package, or packages. */
function choiceOf(alternatives: readonly (readonly Candidate[])[]): 'none' | 'one' | 'versions' | 'packages' {
  let first: Candidate | undefined;
  let several = false;
  for (const list of alternatives) {
    for (const candidate of list) {
      if (first === undefined) first = candidate;
      else if (candidate.name !== first.name || candidate.architecture !== first.architecture) return 'packages';
      else if (candidate !== first) several = true;
    }
  }
  if (first === undefined) return 'none';
  return several ? 'versions' : 'one';
}

/** The best candidate of the first alternative that has any. */
function firstOf<C extends Candidate>(alternatives: readonly (readonly C[])[]): C {
  for (const list of alternatives) if (list[0] !== undefined) return list[0];
  throw new Error('a requirement without candidates cannot be decided');
}

function bestOfEachPackage<C extends Candidate>(list: readonly C[]): readonly C[] {
  const best = new Map<string, C>();
  for (const candidate of list) {
    const key = `${candidate.name} ${candidate.architecture}`;
    if (!best.has(key)) best.set(key, candidate);
  }
  return [...best.values()];
}

/** The seed that a candidate is selected for, what that asked for, and so on to the candidate itself. */
function chainTo<C extends Candidate>(candidate: C, askedBy: ReadonlyMap<C, C | undefined>, label: (candidate: C) => string): string[] {
  const chain: string[] = [];
  for (let link: C | undefined = candidate; link !== undefined; link = askedBy.get(link)) chain.push(label(link));
  return chain.reverse();
}

function compareCandidates(a: Candidate, b: Candidate): number {
  return (
    compareText(a.name, b.name) ||
    compareText(a.architecture, b.architecture) ||
    compareText(a.version, b.version) ||
    compareText(a.mirror, b.mirror) ||
    compareText(a.location, b.location)
  );
}
