import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { haveDifferentMembers, numberMembers } from '../../src/solve/memberships.ts';
import { createProver } from '../../src/solve/prover.ts';
import type { Candidate, Membership, Universe } from '../../src/solve/universe.ts';
import { compareVersions, healthySets, label, universes, written } from './worlds.ts';

const OPTIONS = { recommends: false, compareVersions, label };

/** A universe in words, with the memberships of each candidate, `group:member,member`, in order. */
function grouped(lines: readonly string[], texts: readonly string[]): Universe<Candidate> & { find(id: string): Candidate[] } {
  const universe = written(lines);
  const memberships = new Map(
    universe.candidates.map((candidate, index): [Candidate, readonly Membership[]] => {
      const parts = (texts[index] ?? '').split(' ').filter((text) => text !== '');
      return [candidate, parts.map((text) => ({ group: text.split(':')[0] ?? '', members: text.split(':')[1]?.split(',') ?? [] }))];
    }),
  );
  return { ...universe, memberships: (candidate) => memberships.get(candidate) ?? [] };
}

/** Whether each group has a member that all packages of a set that are in the group are of. */
function isUnited({ memberships }: Universe<Candidate>, set: ReadonlySet<Candidate>): boolean {
  const all = [...set].flatMap((candidate) => memberships?.(candidate) ?? []);
  return [...Map.groupBy(all, ({ group }) => group).values()].every((list) =>
    list[0]?.members.some((member) => list.every(({ members }) => members.includes(member))),
  );
}

describe('solve/memberships', () => {
  it('takes what goes with a member, and explains what cannot be there together', () => {
    const universe = grouped(['a: b | c', 'b', 'c', 'd: b, c'], ['m:1', 'm:2', 'm:1', '']);
    const prover = createProver(universe, OPTIONS);
    const proof = prover.prove([universe.find('a')]);
    expect(proof.installable && proof.solution.map(label).sort()).toEqual(['a 1', 'c 1']);
    const refused = prover.prove([universe.find('d')]);
    expect(refused.installable ? [] : refused.explanation.steps.map(({ text }) => text)).toEqual([
      'd 1 depends on b: b 1',
      'd 1 depends on c: c 1',
      'b 1 is of 2 of m',
      'c 1 is of 1 of m',
      'of m there is one at a time: 1 or 2',
    ]);
  });

  it('leaves what is installed already as it is', () => {
    const universe = grouped(['a', 'b', 'c: a, b'], ['m:1', 'm:2', '']);
    const installed = [...universe.find('a'), ...universe.find('b')];
    expect(createProver(universe, { ...OPTIONS, installed }).prove([universe.find('c')]).installable).toBe(true);
  });

  it('finds broken what no set of packages with common members has', () => {
    const texts = fc.array(fc.constantFrom('', 'm:1', 'm:2', 'm:1,2', 'm:2,3', 'n:1', 'n:2 m:3', 'n:1 m:1'), {
      minLength: 10,
      maxLength: 10,
    });
    fc.assert(
      fc.property(universes, texts, (lines, groups) => {
        const universe = grouped(lines, groups);
        const possible = healthySets(universe).filter((set) => isUnited(universe, set));
        const expected = universe.candidates.filter((candidate) => !possible.some((set) => set.has(candidate)));
        expect(createProver(universe, OPTIONS).findBroken().map(label)).toEqual(expected.map(label));
      }),
      { numRuns: 300 },
    );
  });

  it('numbers each member once', () => {
    const universe = grouped(['a', 'b', 'c', 'd'], ['m:1', 'm:2,1', 'n:1', '']);
    const members = numberMembers(universe, 10);
    expect(members.count).toBe(3);
    expect(universe.candidates.map((candidate) => members.of(candidate).flatMap(({ variables }) => variables))).toEqual([
      [10],
      [11, 10],
      [12],
      [],
    ]);
    expect([9, 10, 12, 13].map((variable) => members.groupOf(variable))).toEqual([
      undefined,
      { group: 'm', members: ['1', '2'], variables: [10, 11] },
      { group: 'n', members: ['1'], variables: [12] },
      undefined,
    ]);
  });

  it('sees whether packages have no member in common', () => {
    const universe = grouped(['a', 'b', 'c', 'd'], ['m:1', 'm:2,1', 'm:2', '']);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].flatMap((name) => universe.find(name));
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('missing');
    expect(
      [
        [a, b, d],
        [b, c],
        [a, c],
        [a, b, c],
      ].map((list) => haveDifferentMembers(universe, list)),
    ).toEqual([false, false, true, true]);
  });
});
