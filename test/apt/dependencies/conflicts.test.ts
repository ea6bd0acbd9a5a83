import { describe, expect, it } from 'vitest';
import { type AptCandidate, labelOf } from '../../../src/apt/candidate.ts';
import { createUniverse } from '../../../src/apt/dependencies/universe.ts';
import { compareVersions } from '../../../src/apt/format/version.ts';
import { createProver } from '../../../src/solve/prover.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { aptCandidate } from '../candidates.ts';
import { brokenByDose } from '../dose.ts';

/** What conflicts with the first, with the reason. */
function conflicts(asking: AptCandidate, others: readonly AptCandidate[]): string[] {
  return createUniverse([asking, ...others])
    .conflicts(asking)
    .map((conflict) => `${conflict.text}: ${labelOf(conflict.with)}`);
}

describe('apt/dependencies/conflicts', () => {
  it('takes Conflicts and Breaks by name and version, real and provided', () => {
    const asking = aptCandidate('a', { Conflicts: 'b, c (<< 2), v (<< 2)', Breaks: 'd (>= 1) ' });
    const others = [
      aptCandidate('b'),
      aptCandidate('b', { Version: '2.0-1' }),
      aptCandidate('c', { Version: '2' }),
      aptCandidate('d', { Version: '1' }),
      aptCandidate('other', { Provides: 'b, v' }),
      aptCandidate('versioned', { Provides: 'v (= 1)' }),
    ];
    expect(conflicts(asking, others)).toEqual([
      'conflicts with b: b_1.0-1_amd64',
      'conflicts with b: b_2.0-1_amd64',
      'conflicts with b: other_1.0-1_amd64',
      'conflicts with v (<< 2): versioned_1.0-1_amd64',
      'breaks d (>= 1): d_1_amd64',
    ]);
  });

  it('never has a package in conflict with itself by what it states, of whatever architecture', () => {
    const asking = aptCandidate('a', { Provides: 'v', Conflicts: 'v, a', 'Multi-Arch': 'same' });
    const same = aptCandidate('a', { Provides: 'v', Conflicts: 'v', 'Multi-Arch': 'same', Architecture: 'i386' });
    expect(conflicts(asking, [same, aptCandidate('other', { Provides: 'v' })])).toEqual(['conflicts with v: other_1.0-1_amd64']);
  });

  it('has one version of a name at a time, from whatever mirror', () => {
    const text = 'cannot be there together with another package of its name';
    expect(conflicts(aptCandidate('a'), [aptCandidate('a', { Version: '2' }), aptCandidate('a', {}, 'two'), aptCandidate('b')])).toEqual([
      `${text}: a_2_amd64`,
      `${text}: a_1.0-1_amd64`,
    ]);
  });

  it('names the package and the field that cannot be read', () => {
    expect(() => conflicts(aptCandidate('a', { Breaks: 'b (' }), [])).toThrow(/the Breaks of package a_1\.0-1_amd64 has "b \("/);
  });
});

const ARCHITECTURES = ['amd64', 'i386', 'all'];

/** Packages that need two others each, of every combination of architectures and relations between the two. */
function pairs(): AptCandidate[] {
  const found: AptCandidate[] = [];
  const ask = (name: string, ...needs: readonly (readonly [name: string, architecture: string])[]): void => {
    const depends = needs.map(([needed, architecture]) => (architecture === 'all' ? needed : `${needed}:${architecture}`));
    found.push(aptCandidate(name, { Depends: depends.join(', ') }));
  };
  const relations = ['NAME', 'NAME (<< 3)', 'NAME (>= 3)', 'NAME:amd64', 'NAME:i386'];
  const provisions = [undefined, 'NAME', 'NAME (= 2)', 'NAME (= 3)'];
  const both = ARCHITECTURES.flatMap((one) => ARCHITECTURES.map((other) => [one, other] as const));
  const stated = relations.flatMap((relation) => provisions.map((provided) => [relation, provided] as const));
  for (const [one, other] of both) {
    for (const [number, [relation, provided]] of stated.entries()) {
      const id = `${one}-${other}-${number}`;
      const name = provided === undefined ? `y-${id}` : `v-${id}`;
      const field = number % 2 === 0 ? 'Conflicts' : 'Breaks';
      const provides = provided === undefined ? {} : { Provides: provided.replace('NAME', name) };
      found.push(aptCandidate(`x-${id}`, { Architecture: one, [field]: relation.replace('NAME', name) }));
      found.push(aptCandidate(`y-${id}`, { Architecture: other, Version: '2', ...provides }));
      ask(`ask-${id}`, [`x-${id}`, one], [`y-${id}`, other]);
    }
  }
  // To dose a relation on i386 is satisfied by a package of amd64 that is Multi-Arch: foreign, which it is not to apt.
  for (const [one, other] of [
    ['same', 'same'],
    ['same', 'no'],
    ['allowed', 'same'],
  ] as const) {
    for (const version of ['1.0-1', '2.0-1']) {
      const id = `twin-${one}-${other}-${version.charAt(0)}`;
      found.push(
        aptCandidate(id, { 'Multi-Arch': one }),
        aptCandidate(id, { 'Multi-Arch': other, Architecture: 'i386', Version: version }),
      );
      ask(`ask-${id}`, [id, 'amd64'], [id, 'i386']);
    }
  }
  return found;
}

describeWithTools(['dose-debcheck'], 'apt/dependencies/conflicts beside dose-debcheck', () => {
  it('lets be together what it lets be together', () => {
    const all = pairs();
    const prover = createProver(createUniverse(all), { recommends: false, native: 'amd64', compareVersions, label: labelOf });
    const asked = all.filter(({ name }) => name.startsWith('ask-'));
    const broken = asked.filter((one) => !prover.prove([[one]]).installable).map(labelOf);
    expect(broken.sort()).toEqual(
      brokenByDose(all, ['i386'])
        .filter((label) => label.startsWith('ask-'))
        .sort(),
    );
    expect(broken.length).toBeGreaterThan(20);
  });
});
