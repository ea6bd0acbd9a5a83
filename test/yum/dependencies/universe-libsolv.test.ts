import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installableClosure } from '../../../src/solve/installable-closure.ts';
import { createProver } from '../../../src/solve/prover.ts';
import type { YumCandidate } from '../../../src/yum/candidate.ts';
import { yumFamily } from '../../../src/yum/family.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { brokenByLibsolv } from '../libsolv.ts';
import { writeRepository, type XmlPackage } from '../repository.ts';
import { createRig, type Rig } from '../rig.ts';

const name: fc.Arbitrary<string> = fc.constantFrom('p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'v0', 'v1', 'none');
const capability: fc.Arbitrary<string> = fc
  .tuple(name, fc.constantFrom('', '', ' = 1', ' >= 2', ' < 2', ' > 1-1', ' <= 2-1', ' = 2-1'))
  .map((parts) => parts.join(''));
/** Dependencies on one package, which `with` and `without` ask for. */
const single: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: capability },
  { weight: 1, arbitrary: fc.tuple(capability, fc.constantFrom('with', 'without'), capability).map((parts) => `(${parts.join(' ')})`) },
);
const { rich } = fc.letrec<{ rich: string; operand: string }>((tie) => ({
  operand: fc.oneof({ maxDepth: 2 }, { weight: 4, arbitrary: single }, { weight: 1, arbitrary: tie('rich') }),
  rich: fc.oneof(
    fc.tuple(tie('operand'), fc.constantFrom('and', 'or', 'if', 'unless'), tie('operand')).map((parts) => `(${parts.join(' ')})`),
    fc
      .tuple(tie('operand'), fc.constantFrom('if', 'unless'), tie('operand'), tie('operand'))
      .map(([main, operator, condition, otherwise]) => `(${main} ${operator} ${condition} else ${otherwise})`),
  ),
}));
const dependency: fc.Arbitrary<string> = fc.oneof(capability, rich);

/** What rich Conflicts say of the package itself has no meaning that anyone relies on, and rpmbuild refuses most of it. */
function withoutItself(entry: XmlPackage): XmlPackage {
  const own = [entry.name, ...(entry.provides ?? []).map((provided) => provided.slice(0, 2))];
  const foreign = (text: string): string => own.reduce((replaced, one) => replaced.replaceAll(one, 'none'), text);
  return { ...entry, conflicts: (entry.conflicts ?? []).map((text) => (text.startsWith('(') ? foreign(text) : text)) };
}

const world: fc.Arbitrary<readonly XmlPackage[]> = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom('p0', 'p1', 'p2', 'p3', 'p4', 'p5'),
      version: fc.constantFrom('1', '2'),
      arch: fc.constantFrom('x86_64', 'x86_64', 'i686', 'i586', 'noarch'),
      provides: fc.uniqueArray(fc.constantFrom('v0', 'v0 = 1', 'v1 = 2-1', 'v1 < 2'), { maxLength: 1 }),
      requires: fc.array(dependency, { maxLength: 2 }),
      conflicts: fc.array(dependency, { maxLength: 1 }),
      obsoletes: fc.array(fc.constantFrom('p0', 'p1 < 2', 'p2 = 1', 'p3'), { maxLength: 1 }),
    }),
    { minLength: 3, maxLength: 9, selector: (entry) => `${entry.name}-${entry.version}.${entry.arch}` },
  )
  .map((packages) => packages.map(withoutItself));

describeWithTools(['python3-solv'], 'yum/dependencies/universe beside libsolv', () => {
  let root: string;
  let rig: Rig;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'mirror-yum-broken-'));
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

  async function brokenAmong(candidates: readonly YumCandidate[]): Promise<readonly YumCandidate[]> {
    const universe = await yumFamily.universe(candidates, rig.blobs);
    return createProver(universe, { recommends: false, compareVersions: yumFamily.compareVersions, label: yumFamily.label }).findBroken();
  }

  it('finds broken exactly what libsolv cannot install, whatever packages state of each other', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (packages) => {
        const broken = await brokenAmong(await load(packages));
        expect(broken.map(yumFamily.label).sort()).toEqual(brokenByLibsolv(root));
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  it('selects with each package that can be installed what it can be installed from alone', async () => {
    await fc.assert(
      fc.asyncProperty(world, fc.array(fc.nat(), { minLength: 1, maxLength: 2 }), async (packages, picks) => {
        const candidates = await load(packages);
        const broken = await brokenAmong(candidates);
        const seeds = picks.flatMap((pick) => candidates[pick % candidates.length] ?? []);
        const universe = await yumFamily.universe(candidates, rig.blobs);
        const { selected } = installableClosure(universe, seeds, {
          ...{ recommends: false, suggests: false, source: false, allVariants: false },
          label: yumFamily.label,
          compareVersions: yumFamily.compareVersions,
        });
        const left = await brokenAmong(selected);
        expect(left.filter((one) => seeds.includes(one) && !broken.includes(one))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
