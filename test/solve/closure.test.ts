import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Closure, type ClosureRequest, closure, unsatisfiedIn } from '../../src/solve/closure.ts';
import type { Candidate, ClosureOptions, Requirement, Universe } from '../../src/solve/universe.ts';
import { written } from './worlds.ts';

const STRONG: ClosureOptions = { recommends: false, suggests: false, source: false, allVariants: false };
const label = (candidate: Candidate): string => `${candidate.name}_${candidate.version}_${candidate.architecture}`;

function candidate(name: string, version = '1'): Candidate {
  return { mirror: 'm', name, version, architecture: 'amd64', location: `${name}_${version}.deb`, size: 1, checksums: [] };
}

/** A world from `name[=version]: need, need | need`, the candidates of a need being all of that name, in the order of the lines. */
function world(lines: readonly string[], provides: Record<string, readonly string[]> = {}) {
  const all = new Map<string, Candidate>();
  const needs = new Map<Candidate, Requirement[]>();
  for (const line of lines) {
    const head = (line.split(':')[0] ?? '').trim();
    const [name = '', version = '1'] = head.split('=');
    all.set(head, candidate(name, version));
  }
  const offering = (need: string): Candidate[] => [
    ...[...all].filter(([id, { name }]) => id === need || name === need).map(([, found]) => found),
    ...(provides[need] ?? []).flatMap((id) => all.get(id) ?? []),
  ];
  for (const line of lines) {
    const [head = '', tail = ''] = line.split(':').map((part) => part.trim());
    const texts = tail === '' ? [] : tail.split(',').map((text) => text.trim());
    const owner = all.get(head);
    if (owner === undefined) throw new Error(head);
    needs.set(
      owner,
      texts.map((text) => ({ text, alternatives: text.split('|').map((part) => offering(part.trim())) })),
    );
  }
  const universe: Universe<Candidate> = { candidates: [...all.values()], requirements: (of) => needs.get(of) ?? [], conflicts: () => [] };
  const find = (ids: readonly string[]): Candidate[] => ids.map((id) => all.get(id) ?? candidate(id));
  const solve = (seeds: readonly string[], options: Partial<ClosureRequest<Candidate>> = {}): Closure<Candidate> =>
    closure(universe, find(seeds), { ...STRONG, ...options, label });
  return { universe, solve, find };
}

const names = (result: Closure<Candidate>): string[] => result.selected.map((each) => each.name);

describe('solve/closure', () => {
  it('follows what is needed, through cycles, and nothing else', () => {
    const { solve } = world(['a: b', 'b: c, a', 'c: a', 'other: a']);
    expect(names(solve(['a']))).toEqual(['a', 'b', 'c']);
  });

  it('takes the best candidate of the first alternative that has any', () => {
    const { solve } = world(['a: missing | y | x', 'x:', 'y=2:', 'y=1:']);
    expect(solve(['a']).selected.map(label)).toEqual(['a_1_amd64', 'y_2_amd64']);
  });

  it('adds nothing for a requirement that something selected satisfies', () => {
    const { solve } = world(['a: mta, exim', 'postfix:', 'exim:'], { mta: ['postfix', 'exim'] });
    expect(names(solve(['a']))).toEqual(['a', 'exim']);
  });

  it('settles what leaves no choice in the whole closure before it chooses', () => {
    const { solve } = world(['a: mta, b', 'b: c', 'c: exim', 'postfix:', 'exim:'], { mta: ['postfix', 'exim'] });
    expect(names(solve(['a']))).toEqual(['a', 'b', 'c', 'exim']);
  });

  it('takes one version of a package where an exact requirement decides which', () => {
    const { solve } = world(['a: lib, b', 'b: lib=1', 'lib=2:', 'lib=1:']);
    expect(solve(['a']).selected.map(label)).toEqual(['a_1_amd64', 'b_1_amd64', 'lib_1_amd64']);
  });

  it('decides between versions before it decides between packages', () => {
    const { solve } = world(['a: p | q, b', 'b: q', 'p:', 'q=2:', 'q=1:']);
    expect(solve(['a']).selected.map(label)).toEqual(['a_1_amd64', 'b_1_amd64', 'q_2_amd64']);
  });

  it('takes the best of every package with allVariants', () => {
    const { solve } = world(['a: mta | ssmtp', 'postfix:', 'exim=2:', 'exim=1:', 'ssmtp:'], { mta: ['postfix', 'exim=2', 'exim=1'] });
    expect(solve(['a'], { allVariants: true }).selected.map(label)).toEqual([
      'a_1_amd64',
      'exim_2_amd64',
      'postfix_1_amd64',
      'ssmtp_1_amd64',
    ]);
  });

  it('says what nothing satisfies, and who asked for it', () => {
    const { solve } = world(['a: b', 'b: c', 'c: nothing | nowhere, d', 'd:']);
    const result = solve(['a']);
    expect(names(result)).toEqual(['a', 'b', 'c', 'd']);
    expect(result.unsatisfied).toEqual([{ requirement: 'nothing | nowhere', chain: ['a_1_amd64', 'b_1_amd64', 'c_1_amd64'] }]);
  });

  it('leaves out what the base has and satisfies, and what only that needs', () => {
    const { solve, find } = world(['a: b, lib, x | y', 'b: c', 'c:', 'lib=2: libdata', 'lib=1:', 'libdata:', 'x:', 'y:']);
    expect(names(solve(['a']))).toEqual(['a', 'b', 'c', 'lib', 'libdata', 'x']);
    expect(solve(['a'], { base: find(['b', 'lib=1', 'y']) }).selected.map(label)).toEqual(['a_1_amd64']);
    expect(solve(['a'], { base: find(['a', 'b']) }).selected).toEqual([]);
    expect(names(solve(['a'], { base: find(['b', 'lib=1', 'y']), allVariants: true }))).toEqual(['a']);
    const newer = world(['a: lib=2', 'lib=2: libdata', 'lib=1:', 'libdata:']);
    expect(newer.solve(['a'], { base: newer.find(['lib=1']) }).selected.map(label)).toEqual([
      'a_1_amd64',
      'lib_2_amd64',
      'libdata_1_amd64',
    ]);
  });

  it('decides for what is preferred, where there is a choice', () => {
    const { solve, find } = world(['a: x | y, p', 'x:', 'y:', 'p:', 'q:'], { p: ['q'] });
    expect(names(solve(['a'], { preferred: new Set(find(['y', 'q'])) }))).toEqual(['a', 'q', 'y']);
  });

  it('takes what has a condition as soon as the condition holds', () => {
    const universe = written(['a: d if b & c, e if f', 'b: c', 'c', 'd', 'e', 'f', 'g: b']);
    const solve = (seeds: readonly string[], base: readonly string[] = []): string[] =>
      closure(universe, seeds.flatMap(universe.find), { ...STRONG, label, base: base.flatMap(universe.find) }).selected.map(
        ({ name }) => name,
      );
    expect(solve(['a'])).toEqual(['a']);
    expect(solve(['a', 'g'])).toEqual(['a', 'b', 'c', 'd', 'g']);
    expect(solve(['a'], ['f'])).toEqual(['a', 'e']);
    expect(solve(['c', 'a'], ['b'])).toEqual(['a', 'c', 'd']);
  });

  it('says what a fixed set needs that nothing offers', () => {
    const { universe, find } = world(['a: b, nothing', 'b: c', 'c: nowhere | nobody']);
    expect(unsatisfiedIn(universe, find(['b', 'a']), { ...STRONG, label })).toEqual([{ requirement: 'nothing', chain: ['a_1_amd64'] }]);
    expect(unsatisfiedIn(universe, find(['c', 'a']), { ...STRONG, label }).map(({ requirement }) => requirement)).toEqual([
      'nowhere | nobody',
      'nothing',
    ]);
  });

  const graphs = fc.array(fc.array(fc.array(fc.nat(14), { minLength: 1, maxLength: 3 }), { maxLength: 4 }), {
    minLength: 12,
    maxLength: 12,
  });
  /** Packages p0 to p11, of three names a piece; a need for one of 12 to 14 is for nothing. */
  function graphWorld(graph: readonly (readonly (readonly number[])[])[]) {
    const id = (index: number): string => `p${Math.floor(index / 2)}=${index % 2}`;
    return world(graph.map((needs, index) => `${id(index)}: ${needs.map((need) => need.map(id).join(' | ')).join(', ')}`));
  }

  it('is closed, contains the seeds, and does not depend on their order', () => {
    fc.assert(
      fc.property(graphs, fc.uniqueArray(fc.nat(11), { minLength: 1 }), fc.boolean(), (graph, seeds, allVariants) => {
        const { universe, solve } = graphWorld(graph);
        const ids = seeds.map((index) => `p${Math.floor(index / 2)}=${index % 2}`);
        const result = solve(ids, { allVariants });
        const selected = new Set(result.selected);
        let impossible = 0;
        for (const owner of result.selected) {
          for (const requirement of universe.requirements(owner, STRONG)) {
            const candidates = requirement.alternatives.flat();
            if (candidates.length === 0) impossible++;
            else expect(candidates.some((each) => selected.has(each))).toBe(true);
          }
        }
        expect(result.unsatisfied).toHaveLength(impossible);
        expect(selected.size).toBe(result.selected.length);
        expect(solve([...ids].reverse(), { allVariants })).toEqual(result);
        expect(result.selected.map(label)).toEqual(expect.arrayContaining(ids.map((each) => `${each.replace('=', '_')}_amd64`)));
      }),
    );
  });

  it('adds nothing to a closure', () => {
    fc.assert(
      fc.property(graphs, fc.nat(11), (graph, seed) => {
        const { universe, solve } = graphWorld(graph);
        const first = solve([`p${Math.floor(seed / 2)}=${seed % 2}`]);
        expect(closure(universe, first.selected, { ...STRONG, label }).selected).toEqual(first.selected);
      }),
    );
  });

  it('takes a whole archive of 60,000 packages in seconds', () => {
    const count = 60_000;
    const all = Array.from({ length: count }, (_, index) => candidate(`p${index}`));
    const providers = all.slice(0, 1000);
    const universe: Universe<Candidate> = {
      candidates: all,
      conflicts: () => [],
      requirements: (of) => {
        const index = Number(of.name.slice(1));
        const near = (step: number): readonly Candidate[] => all.slice((index * 7 + step) % count, ((index * 7 + step) % count) + 2);
        return [
          { text: 'virtual', alternatives: [providers] },
          ...[1, 2, 3, 4].map((step) => ({ text: `near${step}`, alternatives: [near(step)] })),
        ];
      },
    };
    const started = performance.now();
    expect(closure(universe, all, { ...STRONG, label }).selected).toHaveLength(count);
    expect(closure(universe, all.slice(0, 1), { ...STRONG, label }).selected.length).toBeGreaterThan(1);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
