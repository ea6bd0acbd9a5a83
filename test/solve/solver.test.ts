import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Solver, UndecidedError } from '../../src/solve/solver.ts';

interface Rules {
  /** For each variable what it requires: one of each list. */
  readonly required: readonly (readonly (readonly number[])[])[];
  readonly excluded: readonly (readonly number[])[];
}

const COUNT = 8;

const rules: fc.Arbitrary<Rules> = fc.record({
  required: fc.array(fc.array(fc.uniqueArray(fc.nat(COUNT - 1), { maxLength: 4 }), { maxLength: 3 }), {
    minLength: COUNT,
    maxLength: COUNT,
  }),
  excluded: fc
    .array(fc.uniqueArray(fc.nat(COUNT - 1), { maxLength: 2 }), { minLength: COUNT, maxLength: COUNT })
    .map((lists) => lists.map((list, owner) => list.filter((other) => other !== owner))),
});

function solverOf({ required, excluded }: Rules): Solver {
  return new Solver((variable, sink) => {
    for (const [number, choices] of (required[variable] ?? []).entries()) sink.require(number, choices);
    for (const [number, other] of (excluded[variable] ?? []).entries()) sink.exclude(-1 - number, other);
  }, COUNT);
}

function isModel({ required, excluded }: Rules, bits: number): boolean {
  const isTrue = (variable: number): boolean => ((bits >> variable) & 1) === 1;
  return Array.from({ length: COUNT }, (_, variable) => variable)
    .filter(isTrue)
    .every((variable) => (required[variable] ?? []).every((choices) => choices.some(isTrue)) && !(excluded[variable] ?? []).some(isTrue));
}

/** Every set of variables that can be true together, as bits. */
function models(given: Rules): number[] {
  return Array.from({ length: 2 ** COUNT }, (_, bits) => bits).filter((bits) => isModel(given, bits));
}

const bitsOf = (variables: Iterable<number>): number => [...variables].reduce((bits, variable) => bits | (1 << variable), 0);

describe('solve/solver', () => {
  it('answers as trying everything does, again and again', () => {
    fc.assert(
      fc.property(rules, fc.array(fc.uniqueArray(fc.nat(COUNT - 1), { maxLength: 3 }), { maxLength: 6 }), (given, questions) => {
        const solver = solverOf(given);
        const all = models(given);
        for (const question of questions) {
          const wanted = bitsOf(question);
          const refutation = solver.refute(question);
          expect(refutation === undefined).toBe(all.some((bits) => (bits & wanted) === wanted));
          if (refutation !== undefined) continue;
          const held = bitsOf(solver.holding());
          expect(held & wanted).toBe(wanted);
          expect(isModel(given, held)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('refutes with facts that contradict each other under the assumptions that it names', () => {
    fc.assert(
      fc.property(rules, fc.uniqueArray(fc.nat(COUNT - 1), { minLength: 1, maxLength: 3 }), (given, question) => {
        const solver = solverOf(given);
        solver.extend([0]);
        const refutation = solver.refute(question);
        if (refutation === undefined) return;
        expect(refutation.assumptions.every((variable) => question.includes(variable))).toBe(true);
        const facts = refutation.clauses.map((clause) => solver.fact(clause).literals);
        for (let bits = 0; bits < 2 ** COUNT; bits++) {
          const isTrue = (literal: number): boolean => ((bits >> (literal >> 1)) & 1) === 1 - (literal & 1);
          const possible =
            refutation.assumptions.every((variable) => isTrue(variable * 2)) && facts.every((literals) => literals.some(isTrue));
          expect(possible).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('extends what holds, and leaves it as it was where that cannot be', () => {
    fc.assert(
      fc.property(rules, fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7]), (given, order) => {
        const solver = solverOf(given);
        let held = 0;
        for (const variable of order) {
          const place = solver.place;
          if (solver.extend([variable])) {
            const grown = bitsOf(solver.holding());
            expect(grown & held).toBe(held);
            expect(grown & (1 << variable)).not.toBe(0);
            expect(isModel(given, grown)).toBe(true);
            expect(grown & ~held).toBe(bitsOf(solver.holding(place)));
            held = grown;
          } else {
            expect(bitsOf(solver.holding())).toBe(held);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('asks for what follows from a variable once, and only when that becomes true', () => {
    const asked: number[] = [];
    const solver = new Solver((variable, sink) => {
      asked.push(variable);
      if (variable === 0) sink.require(0, [1, 2]);
    }, 4);
    for (let round = 0; round < 3; round++) solver.refute([0]);
    expect(asked).toEqual([0, 1]);
    solver.expandAll(4);
    expect(asked).toEqual([0, 1, 2, 3]);
  });

  it('takes variables that come later', () => {
    const solver = new Solver((variable, sink) => {
      if (variable > 1) sink.require(0, [1, 0]);
    }, 2);
    const later = Array.from({ length: 200 }, () => solver.addVariable());
    expect(solver.extend([later.at(-1) ?? 0])).toBe(true);
    expect([...solver.holding()]).toEqual([201, 1]);
  });

  it('gives up on a question that is too hard, and answers others after it', { timeout: 60_000 }, () => {
    // Fourteen birds for thirteen nests.
    const [birds, nests] = [14, 13];
    const nest = (bird: number, hole: number): number => 1 + birds + bird * nests + hole;
    const solver = new Solver(
      (variable, sink) => {
        if (variable === 0) for (let bird = 0; bird < birds; bird++) sink.require(bird, [1 + bird]);
        else if (variable <= birds)
          sink.require(
            0,
            Array.from({ length: nests }, (_, hole) => nest(variable - 1, hole)),
          );
        else {
          const [bird, hole] = [Math.floor((variable - 1 - birds) / nests), (variable - 1 - birds) % nests];
          for (let other = 0; other < birds; other++) if (other !== bird) sink.exclude(-1 - other, nest(other, hole));
        }
      },
      1 + birds + birds * nests,
    );
    expect(() => solver.extend([0])).toThrow(UndecidedError);
    solver.reset();
    expect(solver.extend([1])).toBe(true);
  });

  it('gives up where everything excludes everything else among too many', () => {
    const count = 20_000;
    const solver = new Solver((variable, sink) => {
      for (let other = 0; other < count; other++) if (other !== variable) sink.exclude(-1 - other, other);
    }, count);
    expect(() => solver.expandAll(count)).toThrow(UndecidedError);
  });

  it('holds nothing when what is fixed contradicts itself', () => {
    const solver = new Solver((variable, sink) => {
      if (variable === 0) sink.require(0, [1]);
      if (variable === 1) sink.exclude(-1, 0);
    }, 3);
    solver.fix([0]);
    expect(solver.extend([2])).toBe(false);
    expect(solver.refute([2])?.assumptions).toEqual([]);
    expect(
      solver
        .refute([2])
        ?.clauses.map((clause) => solver.fact(clause).owner)
        .sort(),
    ).toEqual([0, 1]);
  });
});
