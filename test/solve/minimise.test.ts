import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Contradiction, minimise } from '../../src/solve/minimise.ts';
import type { Fact } from '../../src/solve/solver.ts';

const ROOT = 0;
const requires = (owner: number, choices: readonly number[]): Fact => ({
  owner,
  number: 0,
  literals: [...choices.map((choice) => choice * 2), owner * 2 + 1],
});
const excludes = (owner: number, other: number): Fact => ({ owner, number: -1, literals: [owner * 2 + 1, other * 2 + 1] });

/** Whether all can be true at once, found by trying everything. */
function holds({ assumptions, facts }: Contradiction, variables: number): boolean {
  for (let bits = 0; bits < 2 ** variables; bits++) {
    const isTrue = (literal: number): boolean => ((bits >> (literal >> 1)) & 1) === 1 - (literal & 1);
    if (![ROOT, ...assumptions].every((variable) => isTrue(variable * 2))) continue;
    if (facts.every(({ literals }) => literals.some(isTrue))) return true;
  }
  return false;
}

describe('solve/minimise', () => {
  it('leaves out what does not matter', () => {
    const chain = [requires(1, [2]), requires(2, [3]), requires(3, [])];
    const beside = [requires(1, [4]), requires(4, [5, 6]), excludes(5, 6), excludes(ROOT, 6)];
    const minimal = minimise({ assumptions: [7, 1, 4], facts: [...beside, ...chain] }, ROOT);
    expect(minimal.assumptions).toEqual([1]);
    expect(new Set(minimal.facts)).toEqual(new Set(chain));
  });

  it('keeps the nearer of two reasons', () => {
    const near = [requires(1, [])];
    const far = [requires(1, [2]), requires(2, [3]), requires(3, [])];
    expect(minimise({ assumptions: [1], facts: [...far, ...near] }, ROOT).facts).toEqual(near);
  });

  it('leaves a contradiction of which nothing can be left out', () => {
    const variable = fc.nat(5);
    const fact = fc.oneof(
      fc.tuple(variable, fc.uniqueArray(variable, { maxLength: 3 })).map(([owner, choices]) =>
        requires(
          owner,
          choices.filter((choice) => choice !== owner),
        ),
      ),
      fc
        .tuple(variable, variable)
        .filter(([one, other]) => one !== other)
        .map(([one, other]) => excludes(one, other)),
    );
    let contradictions = 0;
    fc.assert(
      fc.property(fc.uniqueArray(variable, { maxLength: 4 }), fc.array(fact, { maxLength: 12 }), (assumptions, facts) => {
        if (holds({ assumptions, facts }, 6)) return;
        contradictions += 1;
        const minimal = minimise({ assumptions, facts }, ROOT);
        expect(holds(minimal, 6)).toBe(false);
        expect(minimal.facts.every((kept) => facts.includes(kept))).toBe(true);
        for (const kept of minimal.facts)
          expect(holds({ ...minimal, facts: minimal.facts.filter((other) => other !== kept) }, 6)).toBe(true);
        for (const kept of minimal.assumptions) {
          expect(holds({ ...minimal, assumptions: minimal.assumptions.filter((other) => other !== kept) }, 6)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
    expect(contradictions).toBeGreaterThan(50);
  });
});
