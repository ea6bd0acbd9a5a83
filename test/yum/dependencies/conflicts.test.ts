import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProver } from '../../../src/solve/prover.ts';
import type { YumCandidate } from '../../../src/yum/candidate.ts';
import { yumFamily } from '../../../src/yum/family.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { refusedByDnf } from '../dnf.ts';
import { writeRepository, type XmlPackage } from '../repository.ts';
import { createRig, type Rig } from '../rig.ts';

let root: string;
let rig: Rig;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'mirror-yum-conflicts-'));
  rig = await createRig(root);
});
afterAll(async () => {
  await rig.close();
  rmSync(root, { recursive: true, force: true });
});

async function load(packages: readonly XmlPackage[]): Promise<readonly YumCandidate[]> {
  writeRepository(root, packages);
  return rig.load({ verify: [] }, await rig.refresh({ verify: [] }));
}

describe('yum/dependencies/conflicts', () => {
  /** What conflicts with the first, with the reason. */
  async function conflicts(packages: readonly XmlPackage[]): Promise<string[]> {
    const candidates = await load(packages);
    const universe = await yumFamily.universe(candidates, rig.blobs);
    const [first] = candidates;
    return first === undefined ? [] : universe.conflicts(first).map(({ text, with: other }) => `${text}: ${yumFamily.label(other)}`);
  }

  it('takes conflicts by what others provide, and obsoletes by their names alone', async () => {
    const found = await conflicts([
      { name: 'a', provides: ['v'], conflicts: ['v', 'b < 2'], obsoletes: ['old < 2', 'a < 1', 'w'] },
      { name: 'b', version: '1' },
      { name: 'b', version: '2' },
      { name: 'c', provides: ['v'] },
      { name: 'old', version: '1' },
      { name: 'old', version: '2' },
      { name: 'd', provides: ['w'] },
    ]);
    expect(found).toEqual(['conflicts with v: c-1-1.noarch', 'conflicts with b < 2: b-1-1.noarch', 'obsoletes old < 2: old-1-1.noarch']);
  });

  it('has one version of a name and architecture at a time, save kernels', async () => {
    const text = 'cannot be there together with another package of its name';
    const versions = (name: string, arch: string, more: Partial<XmlPackage> = {}): XmlPackage[] =>
      ['1', '2'].map((version) => ({ name, arch, version, ...more }));
    expect(await conflicts(versions('a', 'x86_64'))).toEqual([`${text}: a-2-1.x86_64`]);
    expect(
      await conflicts([
        { name: 'a', arch: 'x86_64' },
        { name: 'a', arch: 'i686' },
        { name: 'a', arch: 'src' },
      ]),
    ).toEqual([]);
    expect(await conflicts([{ name: 'a', arch: 'x86_64' }, { name: 'a' }])).toEqual([`${text}: a-1-1.noarch`]);
    expect(await conflicts(versions('kernel', 'x86_64'))).toEqual([]);
    expect(await conflicts(versions('driver', 'x86_64', { provides: ['installonlypkg(kernel-module)'] }))).toEqual([]);
  });
});

describeWithTools(['dnf', '/usr/bin/python3'], 'yum/dependencies/conflicts beside dnf', () => {
  it('finds broken exactly what the solver of dnf cannot install', async () => {
    const relations = ['NAME', 'NAME = 2', 'NAME < 2', 'NAME > 1', 'NAME <= 2-1', 'v-NAME', 'v-NAME < 7', 'v-NAME = 7'];
    const kinds = ['conflicts', 'obsoletes'] as const;
    const pairs = kinds.flatMap((kind) => relations.map((relation) => [kind, relation] as const));
    const world = pairs.flatMap(([kind, relation], index): XmlPackage[] => {
      const name = `y${index}`;
      return [
        { name: `x${index}`, [kind]: [relation.replace('NAME', name)] },
        { name, version: '2', provides: [`v-${name} = 7`] },
        { name: `ask${index}`, requires: [`x${index}`, name] },
      ];
    });
    const versions = ['lib', 'kernel'].flatMap((name): XmlPackage[] => [
      ...['1', '2'].map((version) => ({ name, version, arch: 'x86_64' })),
      { name: `ask-${name}`, requires: [`${name} = 1`, `${name} = 2`] },
    ]);
    const packages = [...world, ...versions];
    const candidates = await load(packages);
    const universe = await yumFamily.universe(candidates, rig.blobs);
    const prover = createProver(universe, { recommends: false, compareVersions: yumFamily.compareVersions, label: yumFamily.label });
    const broken = prover.findBroken().map(({ name }) => name);
    const names = packages.map(({ name }) => name).filter((name) => name.startsWith('ask'));
    expect(broken.filter((name) => name.startsWith('ask'))).toEqual(refusedByDnf(root, names));
    expect(broken.length).toBeGreaterThan(5);
  }, 60_000);
});
