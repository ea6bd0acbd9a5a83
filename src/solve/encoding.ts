import { type MemberGroup, numberMembers } from './memberships.ts';
import type { ClauseSink, Fact } from './solver.ts';
import type { Candidate, ClosureOptions, Conflict, Membership, Requirement, Universe } from './universe.ts';

/** What is to be installed, and where. */
export interface Machine<C extends Candidate> extends Pick<ClosureOptions, 'recommends' | 'native'> {
  /**
   * Candidates of the universe that are installed already. Each stays or is upgraded; of several versions one is installed. What they require
   * that is not there, and what they state against each other, does not count.
   */
  readonly installed?: readonly C[];
  /** Negative, zero or positive, as the family orders versions. */
  readonly compareVersions: (a: string, b: string) => number;
}

/** What a fact of the solver says. */
export type Statement<C extends Candidate> =
  | { readonly kind: 'asked'; readonly candidates: readonly C[] }
  | { readonly kind: 'essential' | 'installed'; readonly candidates: readonly C[] }
  | { readonly kind: 'requires' | 'recommends'; readonly owner: C; readonly requirement: Requirement; readonly candidates: readonly C[] }
  | { readonly kind: 'conflicts'; readonly owner: C; readonly conflict: Conflict<C> }
  | { readonly kind: 'member'; readonly owner: C; readonly membership: Membership; readonly candidates: readonly C[] }
  | { readonly kind: 'exclusive'; readonly group: MemberGroup; readonly candidates: readonly C[] };

/** A universe in the terms of the solver. */
export interface Encoding<C extends Candidate> {
  /** How many variables there are from the beginning: one for each candidate, in their order, `root`, and one for each member of a group. */
  readonly variables: number;
  /** The variable that stands for the machine; what every machine has follows from it. */
  readonly root: number;
  variableOf(candidate: C): number | undefined;
  candidateOf(variable: number): C | undefined;
  /** What a further variable is to stand for: one of some candidates, the first preferred. */
  ask(variable: number, candidates: readonly C[]): void;
  expand(variable: number, sink: ClauseSink): void;
  statementOf(fact: Fact): Statement<C>;
}

/** The number of the first membership; requirements are fewer. */
const MEMBERSHIP = 1 << 24;

/** What the machine must have: one of these, best first. */
interface Standing<C extends Candidate> {
  readonly kind: 'essential' | 'installed';
  readonly candidates: readonly C[];
}

/**
 * Encodes a universe, package by package as the solver asks. A requirement has its place in the list of the candidate's requirements as
 * its number, a conflict minus one minus its place, a membership its place from MEMBERSHIP on. Of what is recommended, that counts for which there is anything.
 */
export function encode<C extends Candidate>(universe: Universe<C>, machine: Machine<C>): Encoding<C> {
  const { candidates } = universe;
  const variables = new Map<C, number>();
  for (const [index, candidate] of candidates.entries()) variables.set(candidate, index);
  const root = candidates.length;
  const members = numberMembers(universe, root + 1);
  const installed = new Set(machine.installed);
  const standing = standingOf(universe, machine);
  const asked = new Map<number, readonly C[]>();
  const options: ClosureOptions = {
    recommends: machine.recommends,
    suggests: false,
    source: false,
    allVariants: false,
    conditional: true,
    ...(machine.native === undefined ? {} : { native: machine.native }),
  };
  const strong: ClosureOptions = { ...options, recommends: false };

  const numbersOf = (list: Iterable<C>): number[] => {
    const numbers = new Set<number>();
    for (const candidate of list) {
      const variable = variables.get(candidate);
      if (variable !== undefined) numbers.add(variable);
    }
    return [...numbers];
  };
  /** Undefined where one of them is not among the candidates, and so never there. */
  const allNumbersOf = (list: readonly Candidate[] = []): number[] | undefined => {
    // A universe answers with its own candidates.
    const numbers = (list as readonly C[]).map((candidate) => variables.get(candidate));
    return numbers.every((variable) => variable !== undefined) ? numbers : undefined;
  };
  const strongCount = (owner: C): number => (machine.recommends ? universe.requirements(owner, strong).length : Number.POSITIVE_INFINITY);
  const expandCandidate = (owner: C, sink: ClauseSink): void => {
    const isInstalled = installed.has(owner);
    const weak = strongCount(owner);
    for (const [number, requirement] of universe.requirements(owner, options).entries()) {
      const choices = numbersOf(satisfying<C>(requirement));
      if (choices.length === 0 && (number >= weak || isInstalled)) continue;
      const conditions = allNumbersOf(requirement.when);
      if (conditions !== undefined) sink.requireWhen(number, conditions, choices);
    }
    for (const [place, conflict] of universe.conflicts(owner, machine.native).entries()) {
      if (!isInstalled || !isAccepted(owner, conflict)) expandConflict(conflict, place, sink);
    }
    if (isInstalled) return;
    for (const [place, { variables: choices }] of members.of(owner).entries()) sink.require(MEMBERSHIP + place, choices);
  };
  /** What is installed already may state this of what else is. */
  const isAccepted = (owner: C, { with: other, and = [] }: Conflict<C>): boolean =>
    [other, ...and].every((one) => installed.has(one)) && !areTwins(owner, other);
  const expandConflict = ({ with: other, and = [], unless }: Conflict<C>, place: number, sink: ClauseSink): void => {
    const others = allNumbersOf([other, ...and]);
    if (others === undefined) return;
    const [first] = others;
    if (others.length === 1 && first !== undefined && unless === undefined) sink.exclude(-1 - place, first);
    else sink.requireWhen(-1 - place, others, numbersOf(unless ?? []));
  };

  const expandMember = (variable: number, { variables: all }: MemberGroup, sink: ClauseSink): void => {
    for (const [place, other] of all.entries()) if (other !== variable) sink.exclude(-1 - place, other);
  };

  return {
    variables: root + 1 + members.count,
    root,
    variableOf: (candidate) => variables.get(candidate),
    candidateOf: (variable) => candidates[variable],
    ask(variable, list) {
      asked.set(variable, list);
    },
    expand(variable, sink) {
      const owner = candidates[variable];
      const group = members.groupOf(variable);
      if (owner !== undefined) expandCandidate(owner, sink);
      else if (group !== undefined) expandMember(variable, group, sink);
      else if (variable === root) for (const [number, { candidates: list }] of standing.entries()) sink.require(number, numbersOf(list));
      else sink.require(0, numbersOf(asked.get(variable) ?? []));
    },
    statementOf({ owner: variable, number }) {
      const owner = candidates[variable];
      const group = members.groupOf(variable);
      if (group !== undefined) return { kind: 'exclusive', group, candidates: [] };
      if (owner === undefined) return standing[variable === root ? number : -1] ?? { kind: 'asked', candidates: asked.get(variable) ?? [] };
      if (number < 0) return { kind: 'conflicts', owner, conflict: itemAt(universe.conflicts(owner, machine.native), -1 - number) };
      if (number >= MEMBERSHIP)
        return { kind: 'member', owner, membership: itemAt(members.of(owner), number - MEMBERSHIP), candidates: [] };
      const requirement = itemAt(universe.requirements(owner, options), number);
      const kind = number < strongCount(owner) ? 'requires' : 'recommends';
      return { kind, owner, requirement, candidates: [...new Set(satisfying<C>(requirement))] };
    },
  };
}

/** Essential packages, save those that are installed anyway, and what is installed, each with what it may be upgraded to. */
function standingOf<C extends Candidate>(universe: Universe<C>, machine: Machine<C>): Standing<C>[] {
  const { installed = [], native, compareVersions } = machine;
  const installedNames = new Set(installed.map(({ name }) => name));
  const essential = (universe.essential?.(native) ?? []).filter((list) => list.every(({ name }) => !installedNames.has(name)));
  const namesakes = Map.groupBy(
    universe.candidates.filter(({ name }) => installedNames.has(name)),
    ({ name }) => name,
  );
  const groups = Map.groupBy(installed, ({ name, architecture }) => `${name} ${architecture}`);
  const standing = [...groups.values()].map((group) => {
    const others = (namesakes.get(group[0]?.name ?? '') ?? []).filter((other) => !group.includes(other));
    const newer = others.filter((other) => group.some((present) => upgrades(other, present, compareVersions)));
    return [group, newer].flatMap((list) => list.sort((a, b) => compareVersions(b.version, a.version)));
  });
  return [
    ...essential.map((candidates) => ({ kind: 'essential' as const, candidates })),
    ...standing.map((candidates) => ({ kind: 'installed' as const, candidates })),
  ];
}

function upgrades(other: Candidate, present: Candidate, compareVersions: (a: string, b: string) => number): boolean {
  const replaces = other.architecture === present.architecture || isForAll(other) || isForAll(present);
  return replaces && compareVersions(other.version, present.version) >= 0;
}

function areTwins(one: Candidate, other: Candidate): boolean {
  return one.name === other.name && one.architecture === other.architecture;
}

function isForAll({ architecture }: Candidate): boolean {
  return architecture === 'all' || architecture === 'noarch';
}

function* satisfying<C extends Candidate>(requirement: Requirement): Generator<C> {
  // A universe answers with its own candidates.
  for (const list of requirement.alternatives) yield* list as readonly C[];
}

function itemAt<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error('a universe gave another answer than before');
  return item;
}
