import { type Closure, type ClosureRequest, closure } from './closure.ts';
import { haveDifferentMembers } from './memberships.ts';
import { createProver, type Prover } from './prover.ts';
import { UndecidedError } from './solver.ts';
import type { Candidate, Universe } from './universe.ts';

export interface InstallableRequest<C extends Candidate> extends ClosureRequest<C> {
  /** Negative, zero or positive, as the family orders versions. */
  readonly compareVersions: (a: string, b: string) => number;
  /** The architectures of the machines that the packages are for. Undefined where there is one, or where the family does not tell them apart. */
  readonly machines?: readonly string[] | undefined;
}

/** Up to this many seeds are proved one by one, and more of them together with everything that is selected. */
const PROVED_ALONE = 64;

/**
 * As `closure`, and each seed that can be installed at all can be installed from the selection alone, on a machine of each of the
 * architectures that it is for. Where a choice that the closure made stands in the way, because what was chosen conflicts with something else
 * that is needed, or needs something that is nowhere, it is made otherwise. Seeds may conflict with each other.
 */
export function installableClosure<C extends Candidate>(
  universe: Universe<C>,
  seeds: readonly C[],
  request: InstallableRequest<C>,
): Closure<C> {
  const plain = closure(universe, seeds, request);
  if (plain.selected.length === universe.candidates.length) return plain;
  const machines = (request.machines ?? [undefined]).map((machine) => onMachine(universe, seeds, { request, machine }));
  /** What would have to be there for the seeds that cannot be installed from these packages alone. */
  const missingFrom = ({ selected, unsatisfied }: Closure<C>): readonly C[] => {
    const there = [...new Set([...selected, ...(request.base ?? [])])];
    if (unsatisfied.length === 0 && !haveConflict(universe, there) && !haveNeed(universe, selected, there)) return [];
    return machines.flatMap((machine) => machine.broken(there).flatMap((seed) => machine.solution(seed) ?? []));
  };

  const preferred = new Set(missingFrom(plain));
  if (preferred.size === 0) return plain;
  const repaired = closure(universe, seeds, { ...request, preferred });
  // Two seeds may need what the other cannot be with: then both need all of theirs.
  const whole = missingFrom(repaired);
  return whole.length === 0 ? repaired : closure(universe, [...seeds, ...preferred, ...whole], request);
}

interface OnMachine<C extends Candidate> {
  /** The seeds for this machine that cannot be installed from these packages alone. */
  broken(there: readonly C[]): readonly C[];
  /** What a seed can be installed with, of the whole universe; undefined when it cannot, or when that is too hard to find out. */
  solution(seed: C): readonly C[] | undefined;
}

function onMachine<C extends Candidate>(
  universe: Universe<C>,
  seeds: readonly C[],
  { request, machine }: { readonly request: InstallableRequest<C>; readonly machine: string | undefined },
): OnMachine<C> {
  const { base = [], compareVersions, label } = request;
  const others = new Set((request.machines ?? []).filter((other) => other !== machine));
  const own = seeds.filter(({ architecture }) => !others.has(architecture));
  const proverOf = (candidates: readonly C[]): Prover<C> =>
    createProver(
      {
        candidates,
        requirements: (candidate, options) => universe.requirements(candidate, options),
        conflicts: (candidate, native) => universe.conflicts(candidate, native),
        memberships: (candidate) => universe.memberships?.(candidate) ?? [],
      },
      { recommends: false, ...(machine === undefined ? {} : { native: machine }), installed: base, compareVersions, label },
    );
  let whole: Prover<C> | undefined;
  return {
    broken(there) {
      const prover = proverOf(there);
      if (own.length <= PROVED_ALONE) return own.filter((seed) => !decided(true, () => prover.prove([[seed]]).installable));
      const broken = new Set(decided([], () => prover.findBroken()));
      return own.filter((seed) => broken.has(seed));
    },
    solution(seed) {
      whole ??= proverOf(universe.candidates);
      const prover = whole;
      const proof = decided(undefined, () => prover.prove([[seed]]));
      return proof?.installable === true ? proof.solution : undefined;
    },
  };
}

/** What packages need that are to be installed from what is selected. */
const STRONG = { recommends: false, suggests: false, source: false, allVariants: false, conditional: true };

/** Whether one of the packages states that it cannot be installed together with others of them. */
function haveConflict<C extends Candidate>(universe: Universe<C>, candidates: readonly C[]): boolean {
  const there = new Set(candidates);
  const isThere = (candidate: C): boolean => there.has(candidate);
  if (haveDifferentMembers(universe, candidates)) return true;
  return candidates.some((candidate) =>
    universe.conflicts(candidate).some((conflict) => isThere(conflict.with) && (conflict.and ?? []).every(isThere)),
  );
}

/** Whether one of the packages needs something more because of others that are there. */
function haveNeed<C extends Candidate>(universe: Universe<C>, selected: readonly C[], candidates: readonly C[]): boolean {
  const there = new Set<Candidate>(candidates);
  const isThere = (candidate: Candidate): boolean => there.has(candidate);
  return selected.some((candidate) =>
    universe
      .requirements(candidate, STRONG)
      .some(({ when = [], alternatives }) => when.every(isThere) && !alternatives.some((list) => list.some(isThere))),
  );
}

/** The answer, or another one where the question is too hard: the closure is then left as it is. */
function decided<T>(otherwise: T, answer: () => T): T {
  try {
    return answer();
  } catch (error) {
    if (error instanceof UndecidedError) return otherwise;
    throw error;
  }
}
