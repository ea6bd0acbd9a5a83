import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installableClosure } from '../../../src/solve/installable-closure.ts';
import { createProver } from '../../../src/solve/prover.ts';
import type { YumCandidate } from '../../../src/yum/candidate.ts';
import { yumFamily } from '../../../src/yum/family.ts';
import type { CandidateModule } from '../../../src/yum/modules/candidate-module.ts';
import { mayRequire, moduleRank, streamRank } from '../../../src/yum/modules/consistency.ts';
import { type GivenModule, moduleDefaults, modulemd } from '../module-text.ts';
import { writeRepository, type XmlPackage } from '../repository.ts';
import { createRig, type Rig } from '../rig.ts';

const REQUEST = {
  ...{ recommends: false, suggests: false, source: false, allVariants: false },
  label: yumFamily.label,
  compareVersions: yumFamily.compareVersions,
};

const module = (name: string, stream: string, further: Partial<CandidateModule> = {}): CandidateModule => ({
  ...{ name, stream, version: '1', context: 'c', isDefault: false, requires: [] },
  ...further,
});
const of = (...modules: readonly CandidateModule[]) => ({ modules });
const NONE = {};

describe('yum/modules/consistency', () => {
  const m1 = module('m', '1');
  const needs = (...streams: readonly string[]): CandidateModule => module('n', '1', { requires: [new Map([['m', streams]])] });

  it.each([
    ['of no module', NONE, of(m1), true],
    ['from a module to none', of(m1), NONE, true],
    ['the same module', of(m1), of(m1), true],
    ['another stream', of(m1), of(module('m', '2')), false],
    ['a stream that differs as text', of(module('m', '1.1')), of(module('m', '1.10')), false],
    ['another version', of(m1), of(module('m', '1', { version: '2', context: 'd' })), true],
    ['another context of one version', of(m1), of(module('m', '1', { context: 'd' })), false],
    ['one of several streams', of(m1), of(module('m', '2'), m1), true],
    ['a module that is not required', of(m1), of(module('other', '1')), true],
    ['a required stream', of(needs('1', '2')), of(m1), true],
    ['any stream', of(needs()), of(m1), true],
    ['not the required stream', of(needs('2')), of(m1), false],
    ['an excluded stream', of(needs('-1')), of(m1), false],
    ['what only one alternative excludes', of(module('n', '1', { requires: [new Map([['m', ['2']]]), new Map()] })), of(m1), true],
  ])('knows whether a package may require %s', (_, one, other, expected) => {
    expect(mayRequire(one, other)).toBe(expected);
  });

  it('puts what is nearer first', () => {
    const own = needs('1');
    const near = [of(own), of(m1), NONE, of(module('x', '1'))].map((other) => moduleRank(of(own), other));
    expect(near).toEqual([0, 1, 2, 3]);
    expect(moduleRank(NONE, of(module('x', '1', { isDefault: true })))).toBe(2);
    expect([streamRank(of(module('x', '1', { isDefault: true }))), streamRank(NONE), streamRank(of(m1))]).toEqual([0, 1, 1]);
  });
});

describe('yum/modules/consistency in selections', () => {
  let root: string;
  let rig: Rig;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'mirror-consistency-'));
    rig = await createRig(root);
  });
  afterAll(async () => {
    await rig.close();
    rmSync(root, { recursive: true, force: true });
  });

  const artifact = (name: string, version: string): string => `${name}-0:${version}-1.noarch`;

  async function world(packages: readonly XmlPackage[], modules: readonly GivenModule[], defaults = '') {
    writeRepository(root, packages, { modules: modules.map(modulemd).join('') + defaults });
    const candidates = await rig.load({ verify: [] }, await rig.refresh({ verify: [] }));
    return { candidates, universe: await yumFamily.universe(candidates, rig.blobs) };
  }

  const named = (candidates: readonly YumCandidate[], label: string): YumCandidate => {
    const found = candidates.find((candidate) => yumFamily.label(candidate) === label);
    if (found === undefined) throw new Error(`no ${label}`);
    return found;
  };

  const node = (version: string, ...requires: readonly string[]): XmlPackage => ({ name: 'node', version, requires });
  const nodeModules = (further: Partial<GivenModule> = {}): GivenModule[] =>
    ['8', '10'].map((stream) => ({ name: 'node', stream, artifacts: [artifact('node', stream), artifact('npm', stream)], ...further }));

  it('takes dependencies from the stream of what requires them, not from a newer one', async () => {
    const packages = [
      node('8', 'npm'),
      node('10', 'npm'),
      { name: 'npm', version: '8' },
      { name: 'npm', version: '10' },
      { name: 'npm', version: '11' },
    ];
    const { candidates, universe } = await world(packages, nodeModules());
    for (const stream of ['8', '10']) {
      const seeds = [named(candidates, `node-${stream}-1.noarch`)];
      const { selected } = installableClosure(universe, seeds, REQUEST);
      expect(selected.map(yumFamily.label)).toEqual([`node-${stream}-1.noarch`, `npm-${stream}-1.noarch`]);
    }
    const both = installableClosure(universe, candidates.slice(0, 2), REQUEST);
    expect(both.selected).toHaveLength(4);
  });

  it('takes the default stream for packages of no module, and the stream that a module requires', async () => {
    const packages = [
      { name: 'app', requires: ['node'] },
      { name: 'yarn', requires: ['node'] },
      node('8'),
      node('10'),
      { name: 'node', version: '9' },
      { name: 'npm', version: '8' },
    ];
    const yarn: GivenModule = { name: 'yarn', stream: '1', requires: '{node: [10]}', artifacts: [artifact('yarn', '1')] };
    const { candidates, universe } = await world(packages, [...nodeModules(), yarn], moduleDefaults('node', '8'));
    const selectedWith = (label: string): string[] =>
      installableClosure(universe, [named(candidates, label)], REQUEST).selected.map(yumFamily.label);
    expect(selectedWith('app-1-1.noarch')).toEqual(['app-1-1.noarch', 'node-8-1.noarch']);
    expect(selectedWith('yarn-1-1.noarch')).toEqual(['node-10-1.noarch', 'yarn-1-1.noarch']);
  });

  it('never mixes two streams of a module for what is to be installed together', async () => {
    const packages = [
      { name: 'app', requires: ['node', 'npm = 8'] },
      ...['8', '10'].flatMap((version) => [node(version), { name: 'npm', version }]),
      { name: 'broken', requires: ['npm = 8', 'node = 10'] },
    ];
    const { candidates, universe } = await world(packages, nodeModules(), moduleDefaults('node', '10'));
    const { selected } = installableClosure(universe, [named(candidates, 'app-1-1.noarch')], REQUEST);
    expect(selected.map(yumFamily.label)).toContain('node-8-1.noarch');
    const prover = createProver(universe, { ...REQUEST, installed: [] });
    const proof = prover.prove([[named(candidates, 'broken-1-1.noarch')]]);
    expect(proof.installable).toBe(false);
    const steps = proof.installable ? [] : proof.explanation.steps.map(({ text }) => text);
    expect(steps).toEqual([
      'broken-1-1.noarch depends on npm = 8: npm-8-1.noarch',
      'broken-1-1.noarch depends on node = 10: node-10-1.noarch',
      'npm-8-1.noarch is of stream 8 of the module node',
      'node-10-1.noarch is of stream 10 of the module node',
      'of the module node there is one at a time: stream 8 or stream 10',
    ]);
  });

  it('does not take versions and contexts of one stream for other streams', async () => {
    const packages = [node('8', 'npm'), { name: 'npm', version: '7' }, { name: 'npm', version: '9' }];
    const modules: GivenModule[] = [
      { name: 'node', stream: '8', version: '1', context: 'a', artifacts: [artifact('node', '8'), artifact('npm', '7')] },
      { name: 'node', stream: '8', version: '2', context: 'b', artifacts: [artifact('npm', '9')] },
    ];
    const { candidates, universe } = await world(packages, modules);
    expect(universe.memberships?.(named(candidates, 'node-8-1.noarch'))).toEqual([{ group: 'the module node', members: ['stream 8'] }]);
    const { selected } = installableClosure(universe, candidates.slice(0, 1), REQUEST);
    expect(selected.map(yumFamily.label)).toEqual(['node-8-1.noarch', 'npm-7-1.noarch']);
  });
});
