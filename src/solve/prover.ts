import { type Encoding, encode, type Machine } from './encoding.ts';
import { type Explanation, explain } from './explanation.ts';
import { minimise } from './minimise.ts';
import { Solver } from './solver.ts';
import type { Candidate, Universe } from './universe.ts';

/** Whether packages can be installed together: what there is then, or why not. */
export type Proof<C extends Candidate> =
  | { readonly installable: true; readonly solution: readonly C[] }
  | { readonly installable: false; readonly explanation: Explanation };

export interface ProverOptions<C extends Candidate> extends Machine<C> {
  /** How people name a candidate. */
  readonly label: (candidate: C) => string;
}

/** Proves what can be installed on a machine. What one question has shown makes the next ones faster. */
export interface Prover<C extends Candidate> {
  /**
   * Whether one candidate of each list, none of which is empty, can be installed together with the others, with all that they require, and
   * with what every machine has. Of each list an earlier candidate is preferred. Throws UndecidedError.
   */
  prove(asked: readonly (readonly C[])[]): Proof<C>;
  /** The candidates that cannot be installed, each taken alone, in the order of the universe. Throws UndecidedError. */
  findBroken(): C[];
}

/** Equal questions, asked in the same order, have equal answers. */
export function createProver<C extends Candidate>(universe: Universe<C>, options: ProverOptions<C>): Prover<C> {
  const encoding = encode(universe, options);
  const solver = new Solver(encoding.expand, encoding.variables);
  solver.fix([encoding.root]);
  return {
    prove(asked) {
      const assumed = asked.map((candidates) => variableFor(candidates, encoding, solver));
      const refutation = solver.refute(assumed);
      if (refutation === undefined) return { installable: true, solution: held(solver, encoding) };
      const facts = refutation.clauses.map((clause) => solver.fact(clause));
      const minimal = minimise({ assumptions: assumed, facts }, encoding.root);
      const places = minimal.assumptions.map((variable) => assumed.indexOf(variable)).sort((a, b) => a - b);
      return { installable: false, explanation: { asked: places, steps: explain(minimal, encoding, { universe, label: options.label }) } };
    },
    findBroken() {
      const broken = brokenVariables(solver, encoding.root);
      return broken.flatMap((variable) => encoding.candidateOf(variable) ?? []);
    },
  };
}

function variableFor<C extends Candidate>(candidates: readonly C[], encoding: Encoding<C>, solver: Solver): number {
  const [only] = candidates;
  const variable = candidates.length === 1 && only !== undefined ? encoding.variableOf(only) : undefined;
  if (variable !== undefined) return variable;
  const further = solver.addVariable();
  encoding.ask(further, candidates);
  return further;
}

function held<C extends Candidate>(solver: Solver, encoding: Encoding<C>): C[] {
  return [...solver.holding()].flatMap((variable) => encoding.candidateOf(variable) ?? []);
}

/**
 * Those of the variables below a number that cannot be true. What holds together proves every variable of it, so as many of those that are
 * open as possible are made to hold at once, then as many of the rest, and so on; only the first of each round is asked about alone.
 */
function brokenVariables(solver: Solver, count: number): number[] {
  solver.expandAll(count);
  const broken: number[] = [];
  const proved = new Uint8Array(count);
  const proveFrom = (place: number): void => {
    for (const variable of solver.holding(place)) if (variable < count) proved[variable] = 1;
  };
  let open = Array.from({ length: count }, (_, variable) => variable);
  while (open.length > 0) {
    const rest: number[] = [];
    solver.reset();
    let first = true;
    for (const variable of open) {
      if (proved[variable] === 1) continue;
      const place = first ? 0 : solver.place;
      if (!solver.isExcluded(variable) && solver.extend([variable])) {
        proveFrom(place);
        first = false;
      } else if (first) broken.push(variable);
      else rest.push(variable);
    }
    open = rest;
  }
  return broken.sort((a, b) => a - b);
}
