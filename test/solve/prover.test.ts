import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createProver, type Proof, type Prover } from '../../src/solve/prover.ts';
import type { Candidate } from '../../src/solve/universe.ts';
import { candidate, compareVersions, healthySets, isHealthy, label, universes, type WrittenUniverse, written } from './worlds.ts';

const plain = { recommends: false, compareVersions, label };

function proverOf(universe: WrittenUniverse, installed: readonly Candidate[] = []): Prover<Candidate> {
  return createProver(universe, { ...plain, installed });
}

/** What is installed then, sorted, or the steps of the explanation. */
function outcome(proof: Proof<Candidate>): string[] {
  return proof.installable ? proof.solution.map(label).sort() : proof.explanation.steps.map((step) => step.text);
}

function ask(lines: readonly string[], ...ids: readonly string[]): string[] {
  const universe = written(lines);
  return outcome(proverOf(universe).prove(ids.map((id) => universe.find(id))));
}

describe('solve/prover', () => {
  it('finds what is needed, preferring what is stated first and what is newest', () => {
    expect(ask(['a: b, c | d', 'b=1', 'b=2', 'c', 'd'], 'a')).toEqual(['a 1', 'b 2', 'c 1']);
  });

  it('goes back on a choice that leads nowhere', () => {
    expect(ask(['a: b | c, d', 'b: x', 'c', 'd: e; !b', 'e', 'x'], 'a')).toEqual(['a 1', 'c 1', 'd 1', 'e 1']);
    expect(ask(['a: b, c', 'b=1', 'b=2: missing', 'c: b'], 'a')).toEqual(['a 1', 'b 1', 'c 1']);
  });

  it('takes an older version of what is asked for where only that goes with the rest', () => {
    expect(ask(['a=1', 'a=2', 'b;!a=2'], 'a', 'b')).toEqual(['a 1', 'b 1']);
  });

  it('explains what is not there, with what is', () => {
    expect(ask(['a: b=2', 'b=1'], 'a')).toEqual(['a 1 depends on b=2, but b 1 is all there is']);
    expect(ask(['a: b', 'b: nothing'], 'a')).toEqual(['a 1 depends on b: b 1', 'b 1 depends on nothing, which is not there']);
  });

  it('explains a conflict between what several packages need', () => {
    expect(ask(['a: x', 'c: y', 'x;!y', 'y', 'unrelated: a'], 'unrelated', 'a', 'c')).toEqual([
      'a 1 depends on x: x 1',
      'c 1 depends on y: y 1',
      'x 1 conflicts with y: y 1',
    ]);
  });

  it('names the packages that cannot go together, and only those', () => {
    const universe = written(['a', 'b;!c', 'c', 'd: missing']);
    const prover = proverOf(universe);
    const askedFor = (...ids: string[]): string[] => {
      const proof = prover.prove(ids.map((id) => universe.find(id)));
      return proof.installable ? [] : proof.explanation.asked.map((place) => ids[place] ?? '');
    };
    expect(askedFor('a', 'b', 'c')).toEqual(['b', 'c']);
    expect(askedFor('a', 'b', 'd')).toEqual(['d']);
    expect(askedFor('a', 'b')).toEqual([]);
  });

  it('has what every machine has', () => {
    const universe = written(['a;!base', 'base: lib', 'lib', 'b'], ['base']);
    const prover = proverOf(universe);
    expect(outcome(prover.prove([universe.find('b')]))).toEqual(['b 1', 'base 1', 'lib 1']);
    expect(outcome(prover.prove([universe.find('a')]))).toEqual(['every machine needs base 1', 'a 1 conflicts with base: base 1']);
    expect(prover.findBroken().map(label)).toEqual(['a 1']);
  });

  it('has nothing at all where what every machine has cannot be', () => {
    const universe = written(['a', 'base: missing'], ['base']);
    const prover = proverOf(universe);
    expect(prover.findBroken().map(label)).toEqual(['a 1', 'base 1']);
    const proof = prover.prove([universe.find('a')]);
    expect(outcome(proof)).toEqual(['every machine needs base 1', 'base 1 depends on missing, which is not there']);
    expect(proof.installable ? undefined : proof.explanation.asked).toEqual([]);
  });

  it('keeps what is installed, or upgrades it, but never removes or downgrades it', () => {
    const universe = written(['a: b=2', 'b=1', 'b=2', 'b=3', 'c;!b=1;!b=2;!b=3', 'old: b=1']);
    const installed = universe.find('b=2');
    const outcomes = ['a', 'c', 'old', 'b=3'].map((id) => outcome(proverOf(universe, installed).prove([universe.find(id)])));
    expect(outcomes).toEqual([
      ['a 1', 'b 2'],
      ['b 2 is installed already, or could be upgraded to b 3', 'c 1 conflicts with b=2: b 2', 'c 1 conflicts with b=3: b 3'],
      ['b 2 is installed already, or could be upgraded to b 3', 'old 1 depends on b=1: b 1', 'b 1 excludes: b 3', 'b 1 excludes: b 2'],
      ['b 3'],
    ]);
  });

  it('takes what is installed as it is, whatever it lacks and whatever it states against each other', () => {
    const universe = written(['a: b', 'b: missing;!c', 'c', 'd=1', 'd=2']);
    const installed = ['b', 'c', 'd'].flatMap((id) => universe.find(id));
    expect(outcome(proverOf(universe, installed).prove([universe.find('a')]))).toEqual(['a 1', 'b 1', 'c 1', 'd 2']);
    expect(outcome(proverOf(universe).prove([universe.find('a')]))).toHaveLength(2);
  });

  it('installs what is recommended where it is there, when that is asked for', () => {
    const universe = written(['a: b', 'b', 'c']);
    const [found] = universe.find('c');
    const weak = [
      { text: 'c', alternatives: [found === undefined ? [] : [found]] },
      { text: 'gone', alternatives: [[]] },
    ];
    const recommending = {
      ...universe,
      requirements: (of: Candidate, options: Parameters<typeof universe.requirements>[1]) => [
        ...universe.requirements(of, options),
        ...(options.recommends && of.name === 'a' ? weak : []),
      ],
    };
    const solve = (recommends: boolean) => outcome(createProver(recommending, { ...plain, recommends }).prove([universe.find('a')]));
    expect(solve(false)).toEqual(['a 1', 'b 1']);
    expect(solve(true)).toEqual(['a 1', 'b 1', 'c 1']);
  });

  it('says what holds only where something else is there', () => {
    const rows: [readonly string[], string, readonly string[]][] = [
      [['a: b, c | d if b', 'b', 'c', 'd'], 'a', ['a 1', 'b 1', 'c 1']],
      [['a: c if b', 'b', 'c'], 'a', ['a 1']],
      [['a: b, x if b', 'b'], 'a', ['a 1 depends on b: b 1', 'a 1 depends on x if b, which rules out b 1']],
      [
        ['a: b, c | d if b', 'b;!c;!d', 'c', 'd'],
        'a',
        [
          'a 1 depends on b: b 1',
          'a 1 depends on c | d if b: with b 1 also c 1 or d 1',
          'b 1 conflicts with c: c 1',
          'b 1 conflicts with d: d 1',
        ],
      ],
      [['a: b, c;!b & c', 'b', 'c'], 'a', ['a 1 depends on b: b 1', 'a 1 depends on c: c 1', 'a 1 conflicts with b & c: b 1 and c 1']],
      [['a: b;!b / c', 'b', 'c'], 'a', ['a 1', 'b 1', 'c 1']],
      [
        ['a: b;!b / c', 'b', 'c: d'],
        'a',
        ['a 1 depends on b: b 1', 'c 1 depends on d, which is not there', 'a 1 conflicts with b / c: b 1, without c 1'],
      ],
    ];
    for (const [lines, asked, expected] of rows) expect(ask(lines, asked)).toEqual(expected);
  });

  it('agrees with trying every set of packages', () => {
    fc.assert(
      fc.property(universes, fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }), (lines, picks) => {
        const universe = written(lines);
        const sets = healthySets(universe);
        const prover = proverOf(universe);
        const broken = universe.candidates.filter((one) => !sets.some((set) => set.has(one)));
        const asked = picks.map((pick) => universe.find(`p${pick % 6}`)).filter((list) => list.length > 0);
        const possible = sets.some((set) => asked.every((list) => list.some((one) => set.has(one))));
        for (const when of ['before', 'after']) {
          const proof = prover.prove(asked);
          expect([when, proof.installable]).toEqual([when, possible]);
          if (proof.installable) {
            const solution = new Set(proof.solution);
            expect(isHealthy(universe, solution)).toBe(true);
            expect(asked.every((list) => list.some((one) => solution.has(one)))).toBe(true);
          } else {
            expect(proof.explanation.steps.length).toBeGreaterThan(0);
          }
          if (when === 'before') expect(prover.findBroken()).toEqual(broken);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives up on no choice that there is among hundreds of packages with as many conflicts', () => {
    // Pigeons that each need a hole of their own: the classic hard case, and one hole too few.
    const holes = 6;
    const pigeonhole = (pigeons: number): string[] => {
      const nests = Array.from({ length: pigeons }, (_, pigeon) =>
        Array.from({ length: holes }, (_, hole) => {
          const others = Array.from({ length: pigeon }, (_, other) => `;!n${other}h${hole}`);
          return `n${pigeon}h${hole}: ${others.join('')}`;
        }),
      );
      const birds = nests.map((list, pigeon) => `bird${pigeon}: ${list.map((_, hole) => `n${pigeon}h${hole}`).join(' | ')}`);
      return [...nests.flat(), ...birds, `all: ${birds.map((_, pigeon) => `bird${pigeon}`).join(', ')}`];
    };
    expect(ask(pigeonhole(holes), 'all')).toHaveLength(2 * holes + 1);
    expect(ask(pigeonhole(holes + 1), 'all').length).toBeGreaterThan(2 * holes);
  });

  it('gives equal answers to equal questions', () => {
    fc.assert(
      fc.property(universes, (lines) => {
        const answers = [1, 2].map(() => {
          const universe = written(lines);
          const prover = proverOf(universe);
          return universe.candidates.map((one) => outcome(prover.prove([[one]])));
        });
        expect(answers[0]).toEqual(answers[1]);
      }),
      { numRuns: 50 },
    );
  });

  it('takes a whole archive of 60,000 packages in seconds', () => {
    const count = 60_000;
    const all = Array.from({ length: count }, (_, index) => candidate(`p${index}`));
    const universe = {
      candidates: all,
      requirements: ({ name }: Candidate) => {
        const index = Number(name.slice(1));
        return [1, 2, 3, 4].map((step) => ({
          text: `${step}`,
          alternatives: [all.slice((index * 7 + step) % count, ((index * 7 + step) % count) + 2)],
        }));
      },
      conflicts: ({ name }: Candidate) => {
        const other = all[Number(name.slice(1)) ^ 1];
        return Number(name.slice(1)) % 10 === 0 && other !== undefined ? [{ with: other, text: 'conflicts' }] : [];
      },
    };
    const started = performance.now();
    const broken = createProver(universe, plain).findBroken();
    expect(broken.length).toBeLessThan(count);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
