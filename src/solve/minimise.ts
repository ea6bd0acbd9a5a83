import { type Fact, Solver } from './solver.ts';

/** What contradicts itself: assumed variables, and facts about what follows from them. */
export interface Contradiction {
  readonly assumptions: readonly number[];
  readonly facts: readonly Fact[];
}

/**
 * A part of a contradiction that still is one, but is none without any one of its assumptions or facts. Assumptions are given up first, then
 * facts, those that are the most steps away from what is assumed before nearer ones. `root` is a variable that is true in any case.
 */
export function minimise(contradiction: Contradiction, root: number): Contradiction {
  let { assumptions, facts } = contradiction;
  for (const assumption of contradiction.assumptions) {
    if (!assumptions.includes(assumption)) continue;
    const fewer = refuted({ assumptions: assumptions.filter((other) => other !== assumption), facts }, root);
    if (fewer !== undefined) ({ assumptions, facts } = fewer);
  }
  const distances = distancesOf(assumptions, facts, root);
  const distance = (fact: Fact): number => distances.get(fact.owner) ?? Number.MAX_SAFE_INTEGER;
  for (const fact of [...facts].sort((a, b) => distance(b) - distance(a))) {
    if (!facts.includes(fact)) continue;
    const fewer = refuted({ assumptions, facts: facts.filter((other) => other !== fact) }, root);
    if (fewer !== undefined) ({ facts } = fewer);
  }
  return { assumptions, facts };
}

/** What takes part in the contradiction; undefined when there is none. */
function refuted({ assumptions, facts }: Contradiction, root: number): Contradiction | undefined {
  const numbers = new Map<number, number>([[root, 0]]);
  const numberOf = (variable: number): number => {
    const known = numbers.get(variable);
    if (known !== undefined) return known;
    numbers.set(variable, numbers.size);
    return numbers.size - 1;
  };
  for (const variable of assumptions) numberOf(variable);
  for (const { literals } of facts) for (const literal of literals) numberOf(literal >> 1);
  const byOwner = Map.groupBy(facts.entries(), ([, { owner }]) => numberOf(owner));
  const solver = new Solver((variable, sink) => {
    for (const [place, { owner, literals }] of byOwner.get(variable) ?? []) {
      const others = literals.filter((literal) => literal >> 1 !== owner);
      const [conditions, choices] = [1, 0].map((sign) =>
        others.filter((literal) => (literal & 1) === sign).map((literal) => numberOf(literal >> 1)),
      );
      sink.requireWhen(place, conditions ?? [], choices ?? []);
    }
  }, numbers.size);
  solver.fix([0]);
  const refutation = solver.refute(assumptions.map(numberOf));
  if (refutation === undefined) return undefined;
  const variables = [...numbers.keys()];
  return {
    assumptions: refutation.assumptions.flatMap((number) => variables[number] ?? []),
    facts: refutation.clauses.flatMap((clause) => facts[solver.fact(clause).number] ?? []),
  };
}

/** How many steps of requiring each variable is away from what is assumed. */
export function distancesOf(assumptions: readonly number[], facts: readonly Fact[], root: number): Map<number, number> {
  const byOwner = Map.groupBy(facts, ({ owner }) => owner);
  const distances = new Map<number, number>([root, ...assumptions].map((variable) => [variable, 0]));
  for (const [variable, distance] of distances) {
    for (const { literals } of byOwner.get(variable) ?? []) {
      for (const literal of literals) {
        if ((literal & 1) === 0 && !distances.has(literal >> 1)) distances.set(literal >> 1, distance + 1);
      }
    }
  }
  return distances;
}
