import { describe, expect, it } from 'vitest';
import { type AptCandidate, labelOf, readCandidate } from '../../../src/apt/candidate.ts';
import { createUniverse } from '../../../src/apt/dependencies/universe.ts';
import { parseStanzas } from '../../../src/apt/format/deb822.ts';
import type { ClosureOptions, Requirement } from '../../../src/solve/universe.ts';
import { stanza } from '../archive.ts';

const STRONG: ClosureOptions = { recommends: false, suggests: false, source: false, allVariants: false };

function candidate(name: string, fields: Readonly<Record<string, string>> = {}, mirror = 'one'): AptCandidate {
  const [parsed] = parseStanzas(Buffer.from(stanza(name, fields)), 'test');
  if (parsed === undefined) throw new Error('no stanza');
  return readCandidate(parsed, { mirror, component: 'main', what: 'test' });
}

/** What satisfies the dependencies of the first, as labels; `|` between alternatives. */
function resolve(asking: AptCandidate, others: readonly AptCandidate[], options = STRONG): string[] {
  const show = (requirement: Requirement) =>
    `${requirement.text}: ${requirement.alternatives.map((list) => list.map(labelOf).join(' ')).join(' | ')}`;
  return createUniverse([asking, ...others])
    .requirements(asking, options)
    .map(show);
}

describe('apt/dependencies/universe', () => {
  it('follows Pre-Depends and Depends, and the weak ones when asked', () => {
    const asking = candidate('a', { Suggests: 'd', Recommends: 'c', Depends: 'b', 'Pre-Depends': 'p' });
    expect(resolve(asking, [candidate('b'), candidate('p')])).toEqual(['p: p_1.0-1_amd64', 'b: b_1.0-1_amd64']);
    const weak = { ...STRONG, recommends: true, suggests: true };
    expect(resolve(asking, [candidate('c'), candidate('d')], weak)).toEqual(['p: ', 'b: ', 'c: c_1.0-1_amd64', 'd: d_1.0-1_amd64']);
    expect(resolve(asking, [], weak)).toEqual(['p: ', 'b: ']);
  });

  it('gives requirements that read the same as one', () => {
    const asking = candidate('a', { Depends: 'x (>= 1) | y,  z', 'Pre-Depends': 'x (>= 1)  | y' });
    const [first, second, third] = createUniverse([asking, candidate('x')]).requirements(asking, STRONG);
    expect(first).toBe(second);
    expect(third?.text).toBe('z');
  });

  it('asks for the source package of each binary package, of the version that it was made from', () => {
    const source = (name: string, version: string) => candidate(name, { Version: version, Architecture: 'source' });
    const sources = [source('a', '1.0-1'), source('a', '2'), source('made-of', '1.0-1'), source('made-of', '0:3')];
    const options = { ...STRONG, source: true };
    const asked = (fields: Readonly<Record<string, string>>): string[] => resolve(candidate('a', fields), sources, options);
    expect(asked({})).toEqual(['source package a (= 1.0-1): a_1.0-1_source']);
    expect(asked({ Source: 'made-of' })).toEqual(['source package made-of (= 1.0-1): made-of_1.0-1_source']);
    expect(asked({ Source: 'made-of (3)', Version: '3+b1' })).toEqual(['source package made-of (= 3): made-of_0:3_source']);
    expect(asked({ Source: 'made-of (4)' })).toEqual(['source package made-of (= 4): ']);
    expect(resolve(candidate('b', { Depends: 'a, made-of' }), sources)).toEqual(['a: ', 'made-of: ']);
    expect(resolve(source('c', '1'), [], options)).toEqual([]);
  });

  it('leaves out what is for other architectures or build profiles', () => {
    const asking = candidate('a', { Depends: 'x [i386], y [linux-any] | z [!amd64], w <!nocheck>, v <cross>' });
    expect(resolve(asking, [])).toEqual(['y [linux-any] | z [!amd64]: ', 'w <!nocheck>: ']);
  });

  it('prefers, of the packages that provide a name, what every machine has, and then the higher Priority', () => {
    const others = [
      candidate('c', { Provides: 'v', Priority: 'extra' }),
      candidate('d', { Provides: 'v' }),
      candidate('e', { Provides: 'v', Priority: 'standard' }),
      candidate('f', { Provides: 'v', Protected: 'yes' }),
      candidate('g', { Provides: 'v', Essential: 'yes' }),
    ];
    const names = ['g', 'f', 'e', 'd', 'c'].map((name) => `${name}_1.0-1_amd64`);
    expect(resolve(candidate('a', { Depends: 'v' }), others)).toEqual([`v: ${names.join(' ')}`]);
  });

  it('keeps alternatives apart and in order, and versions of each best first', () => {
    const asking = candidate('a', { Depends: 'x (>= 1.9) | y' });
    const others = ['1.8', '1.10', '2.0~rc1', '1.9'].map((version) => candidate('x', { Version: version }));
    expect(resolve(asking, [candidate('y'), ...others])).toEqual([
      'x (>= 1.9) | y: x_2.0~rc1_amd64 x_1.10_amd64 x_1.9_amd64 | y_1.0-1_amd64',
    ]);
  });

  it('prefers the earlier mirror for equal versions, and the name itself to providers', () => {
    const asking = candidate('a', { Depends: 'x' });
    const others = [
      candidate('z', { Provides: 'x' }),
      candidate('x', {}, 'two'),
      candidate('x', {}, 'one'),
      candidate('y', { Provides: 'x' }),
    ];
    const [requirement] = createUniverse([asking, ...others]).requirements(asking, STRONG);
    expect(requirement?.alternatives[0]?.map((found) => `${found.mirror} ${found.name}`)).toEqual(['one x', 'two x', 'one z', 'one y']);
  });

  it('lets a name that is provided without a version satisfy no version', () => {
    const others = [
      candidate('u', { Provides: 'v' }),
      candidate('w', { Provides: 'other, v (= 2.5)' }),
      candidate('bad', { Provides: 'v (>= 9)' }),
    ];
    expect(resolve(candidate('a', { Depends: 'v (>= 2)' }), others)).toEqual(['v (>= 2): w_1.0-1_amd64']);
    expect(resolve(candidate('a', { Depends: 'v (>= 3)' }), others)).toEqual(['v (>= 3): ']);
    expect(resolve(candidate('a', { Depends: 'v' }), others)).toEqual(['v: w_1.0-1_amd64 u_1.0-1_amd64']);
  });

  it('names a candidate once that has and provides the name', () => {
    const python = candidate('python3', { Provides: 'python3 (= 3.11), python3-profiler' });
    expect(resolve(candidate('a', { Depends: 'python3' }), [python])).toEqual(['python3: python3_1.0-1_amd64']);
  });

  it('minds architectures as multiarch has it', () => {
    const others = [
      candidate('plain', { Architecture: 'i386' }),
      candidate('foreign', { Architecture: 'i386', 'Multi-Arch': 'foreign' }),
      candidate('allowed', { Architecture: 'i386', 'Multi-Arch': 'allowed' }),
      candidate('same', { Architecture: 'i386', 'Multi-Arch': 'same' }),
      candidate('data', { Architecture: 'all' }),
    ];
    expect(
      resolve(
        candidate('a', { Depends: 'plain, foreign, allowed, allowed:any, foreign:any, plain:i386, plain:amd64, same, data' }),
        others,
      ),
    ).toEqual([
      'plain: ',
      'foreign: foreign_1.0-1_i386',
      'allowed: ',
      'allowed:any: allowed_1.0-1_i386',
      'foreign:any: ',
      'plain:i386: plain_1.0-1_i386',
      'plain:amd64: ',
      'same: ',
      'data: data_1.0-1_all',
    ]);
  });

  it('prefers the own architecture among equals', () => {
    const both = ['i386', 'amd64'].map((architecture) => candidate('t', { Architecture: architecture, 'Multi-Arch': 'foreign' }));
    expect(resolve(candidate('a', { Depends: 't' }), both)).toEqual(['t: t_1.0-1_amd64 t_1.0-1_i386']);
    expect(resolve(candidate('a', { Depends: 't', Architecture: 'i386' }), both)).toEqual(['t: t_1.0-1_i386 t_1.0-1_amd64']);
  });

  it('asks for a package for all architectures once for each, where it can be had', () => {
    const asking = candidate('a', { Architecture: 'all', Depends: 'b, only, doc, none' });
    const others = [
      candidate('b', { Architecture: 'arm64' }),
      candidate('b'),
      candidate('only', { Architecture: 'arm64' }),
      candidate('doc', { Architecture: 'all' }),
    ];
    expect(resolve(asking, others)).toEqual([
      'b [amd64]: b_1.0-1_amd64',
      'b [arm64]: b_1.0-1_arm64',
      'only [arm64]: only_1.0-1_arm64',
      'doc [amd64]: doc_1.0-1_all',
      'none: ',
    ]);
  });

  it('has packages of the installer depend on their like only, and no other package on them', () => {
    const udeb = (name: string, fields: Readonly<Record<string, string>> = {}) =>
      candidate(name, { ...fields, Filename: `pool/${name}.udeb` });
    const others = [udeb('libc6-udeb', { Provides: 'libc6, awk' }), candidate('libc6'), candidate('mawk', { Provides: 'awk' })];
    expect(resolve(candidate('a', { Depends: 'libc6, awk' }), others)).toEqual(['libc6: libc6_1.0-1_amd64', 'awk: mawk_1.0-1_amd64']);
    expect(resolve(udeb('anna', { Depends: 'libc6, awk' }), others)).toEqual([
      'libc6: libc6-udeb_1.0-1_amd64',
      'awk: libc6-udeb_1.0-1_amd64',
    ]);
    const universe = createUniverse([candidate('asking', { Depends: 'libc6' }), ...others]);
    expect(universe.essential?.('amd64')).toEqual([]);
  });

  it('names the package and the field that cannot be read', () => {
    const asking = candidate('a', { Depends: 'b (>= ' });
    expect(() => resolve(asking, [])).toThrow(/mirror one: the Depends of package a_1\.0-1_amd64 has "b \(>="/);
  });
});
