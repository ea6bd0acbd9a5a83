import type { Encoding, Statement } from './encoding.ts';
import { type Contradiction, distancesOf } from './minimise.ts';
import type { Fact } from './solver.ts';
import type { Candidate, Requirement, Universe } from './universe.ts';

/** One of the facts that are in each other's way. */
export interface Step {
  readonly kind: Statement<Candidate>['kind'];
  /** Whose fact it is, as people name it; undefined for what is asked for, and for what every machine has. */
  readonly package: string | undefined;
  /** What is required or in conflict, as the package states it; undefined when nothing is stated. */
  readonly relation: string | undefined;
  /** What it is about: the packages that would do, or the one that is in the way. */
  readonly candidates: readonly string[];
  /** When nothing would do: packages that have or provide the name, but not as it is wanted. */
  readonly similar: readonly string[];
  /** The whole, as a sentence without a full stop. */
  readonly text: string;
}

/** Why something cannot be installed: it could, without any one of these facts. */
export interface Explanation {
  /** Places of the lists that cannot be installed together, among those that were asked for; none where nothing at all can be. */
  readonly asked: readonly number[];
  /** From what was asked for towards the contradiction. */
  readonly steps: readonly Step[];
}

export interface Wording<C extends Candidate> {
  readonly universe: Universe<C>;
  readonly label: (candidate: C) => string;
}

/** How many packages a sentence names. */
const NAMED = 4;

/** Puts the facts of a contradiction into words. */
export function explain<C extends Candidate>(contradiction: Contradiction, encoding: Encoding<C>, wording: Wording<C>): Step[] {
  return ordered(contradiction, encoding.root).map((fact) => stepOf(encoding.statementOf(fact), wording));
}

function statementCandidates<C extends Candidate>(statement: Statement<C>): readonly C[] {
  if (statement.kind !== 'conflicts') return statement.candidates;
  return [statement.conflict.with, ...(statement.conflict.and ?? [])];
}

/** What every machine has first; requirements before what they lead to, and a conflict, or what has a condition, as soon as all of its packages have come up. */
function ordered({ assumptions, facts }: Contradiction, root: number): Fact[] {
  const distances = distancesOf(assumptions, facts, root);
  const distance = (variable: number): number => distances.get(variable) ?? Number.MAX_SAFE_INTEGER;
  const place = ({ literals }: Fact): number =>
    Math.max(...literals.filter((literal) => (literal & 1) === 1).map((literal) => distance(literal >> 1)));
  return facts
    .map((fact) => ({ fact, place: fact.owner === root ? -1 : place(fact), isConflict: fact.number < 0 }))
    .sort(
      (a, b) =>
        a.place - b.place ||
        Number(a.isConflict) - Number(b.isConflict) ||
        a.fact.owner - b.fact.owner ||
        Math.abs(a.fact.number) - Math.abs(b.fact.number),
    )
    .map(({ fact }) => fact);
}

function stepOf<C extends Candidate>(statement: Statement<C>, { universe, label }: Wording<C>): Step {
  const candidates = statementCandidates(statement).map(label);
  const about = { kind: statement.kind, candidates, similar: [], package: undefined, relation: undefined };
  switch (statement.kind) {
    case 'asked':
      return { ...about, text: `${oneOf(candidates)} is asked for` };
    case 'essential':
      return { ...about, text: `every machine needs ${oneOf(candidates)}` };
    case 'installed':
      return { ...about, text: `${candidates[0]} is installed already${upgrades(candidates.slice(1))}` };
    case 'conflicts': {
      const owner = label(statement.owner);
      const { text, unless = [] } = statement.conflict;
      const without = unless.length === 0 ? '' : `, without ${oneOf(unless.map(label))}`;
      return { ...about, package: owner, relation: text, text: `${owner} ${text}: ${listed(candidates, 'and')}${without}` };
    }
    case 'member': {
      const owner = label(statement.owner);
      const { group, members } = statement.membership;
      return { ...about, package: owner, relation: group, text: `${owner} is of ${oneOf(members)} of ${group}` };
    }
    case 'exclusive': {
      const { group, members } = statement.group;
      return { ...about, text: `of ${group} there is one at a time: ${oneOf(members)}` };
    }
    default: {
      const owner = label(statement.owner);
      const { requirement } = statement;
      const similar = candidates.length > 0 ? [] : similarTo(universe, requirement).map(label);
      const verb = statement.kind === 'requires' ? 'depends on' : 'recommends';
      // A universe answers with its own candidates.
      const when = listed(((requirement.when ?? []) as readonly C[]).map(label), 'and');
      const outcome = when === '' ? outcomeOf(candidates, similar) : outcomeWith(when, candidates);
      const text = `${owner} ${verb} ${requirement.text}${outcome}`;
      return { ...about, package: owner, relation: requirement.text, similar, text };
    }
  }
}

function similarTo<C extends Candidate>(universe: Universe<C>, requirement: Requirement): readonly C[] {
  return universe.similar?.(requirement) ?? [];
}

function upgrades(newer: readonly string[]): string {
  return newer.length === 0 ? ', and there is no newer one' : `, or could be upgraded to ${oneOf(newer)}`;
}

function outcomeWith(when: string, candidates: readonly string[]): string {
  return candidates.length === 0 ? `, which rules out ${when}` : `: with ${when} also ${oneOf(candidates)}`;
}

function outcomeOf(candidates: readonly string[], similar: readonly string[]): string {
  if (candidates.length > 0) return `: ${oneOf(candidates)}`;
  if (similar.length === 0) return ', which is not there';
  const [verb, all] = similar.length === 1 ? ['is', similar[0]] : ['are', listed(similar, 'and')];
  return `, but ${all} ${verb} all there is`;
}

function oneOf(labels: readonly string[]): string {
  return listed(labels, 'or');
}

function listed(labels: readonly string[], word: string): string {
  const named = labels.length > NAMED + 1 ? [...labels.slice(0, NAMED), `${labels.length - NAMED} others`] : labels;
  if (named.length < 2) return named.join('');
  return `${named.slice(0, -1).join(', ')} ${word} ${named.at(-1)}`;
}
