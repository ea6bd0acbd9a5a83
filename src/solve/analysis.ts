import type { Assignment } from './assignment.ts';
import type { ClauseStore } from './clause-store.ts';

/** A clause that follows from a contradiction. */
export interface Learnt {
  /** The first is the only one of the level of the contradiction. */
  readonly literals: readonly number[];
  /** The highest level of the others; 0 when there are none. */
  readonly level: number;
  /** The clauses that it follows from. */
  readonly clauses: readonly number[];
  /** Variables whose values without any assumption it also follows from. */
  readonly fixed: readonly number[];
}

/** Why assumptions cannot hold together. */
export interface Refutation {
  /** The variables among the assumed ones that take part. */
  readonly assumptions: readonly number[];
  /** Offsets of given clauses that contradict each other under them. */
  readonly clauses: readonly number[];
}

/**
 * What a false clause teaches: the clauses behind it are combined until one literal of the present level is left (the first unique
 * implication point). The level is above 0.
 */
export function learn(conflict: number, store: ClauseStore, assignment: Assignment): Learnt {
  const { levels, reasons, trail } = assignment;
  const level = assignment.level;
  const marked = new Set<number>();
  const literals: number[] = [0];
  const clauses: number[] = [];
  const fixed: number[] = [];
  let highest = 0;
  let open = 0;
  let at = assignment.length;
  let clause = conflict;
  for (;;) {
    clauses.push(clause);
    for (const literal of store.literals(clause)) {
      const variable = literal >> 1;
      if (marked.has(variable)) continue;
      marked.add(variable);
      const since = levels[variable] as number;
      if (since === level) open++;
      else if (since === 0) fixed.push(variable);
      else {
        literals.push(literal);
        highest = Math.max(highest, since);
      }
    }
    do at--;
    while (!marked.has((trail[at] as number) >> 1));
    open--;
    const literal = trail[at] as number;
    if (open === 0) {
      literals[0] = literal ^ 1;
      return { literals, level: highest, clauses, fixed };
    }
    clause = reasons[literal >> 1] as number;
  }
}

/** What shows that assumptions cannot hold: a clause that is false, or an assumed variable that is. */
export type Failure = { readonly clause: number } | { readonly variable: number };

/** Why assumptions fail, as far back as to themselves and given clauses. */
export function refute(failure: Failure, store: ClauseStore, assignment: Assignment): Refutation {
  const given = new Set<number>();
  const derived = new Set<number>();
  const variables = new Set<number>();
  const assumptions: number[] = [];
  const openClauses: number[] = [];
  const openVariables: number[] = [];
  const addVariable = (variable: number): void => {
    if (variables.has(variable)) return;
    variables.add(variable);
    openVariables.push(variable);
  };
  const addClause = (clause: number): void => {
    const isGiven = store.derivation(clause) === undefined;
    const known = isGiven ? given : derived;
    if (known.has(clause)) return;
    known.add(clause);
    if (!isGiven) openClauses.push(clause);
  };
  if ('clause' in failure) {
    addClause(failure.clause);
    for (const literal of store.literals(failure.clause)) addVariable(literal >> 1);
  } else {
    assumptions.push(failure.variable);
    addVariable(failure.variable);
  }
  for (;;) {
    const variable = openVariables.pop();
    if (variable !== undefined) {
      const reason = assignment.reasons[variable] as number;
      if (reason === 0) {
        if ((assignment.levels[variable] as number) > 0) assumptions.push(variable);
        continue;
      }
      addClause(reason);
      for (const literal of store.literals(reason)) addVariable(literal >> 1);
      continue;
    }
    const clause = openClauses.pop();
    if (clause === undefined) return { assumptions, clauses: [...given] };
    const derivation = store.derivation(clause);
    for (const source of derivation?.clauses ?? []) addClause(source);
    for (const variable of derivation?.fixed ?? []) addVariable(variable);
  }
}
