import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { YumCandidate } from '../../../src/yum/candidate.ts';
import { newestPackages } from '../../../src/yum/modules/newest.ts';
import { createDnfClient } from '../../support/dnf-client.ts';
import { succeed } from '../../support/program.ts';
import { describeWithTools, SHARED_DATA } from '../../support/requirements.ts';
import { type GivenModule, modulemd } from '../module-text.ts';
import { writeRepository, type XmlPackage } from '../repository.ts';
import { createRig, type Rig } from '../rig.ts';

describe('yum/modules/newest', () => {
  let root: string;
  let rig: Rig;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'mirror-newest-'));
    rig = await createRig(root);
  });
  afterAll(async () => {
    await rig.close();
    rmSync(root, { recursive: true, force: true });
  });

  async function load(packages: readonly XmlPackage[], modules: readonly GivenModule[]): Promise<readonly YumCandidate[]> {
    writeRepository(root, packages, { modules: modules.map(modulemd).join('') });
    return rig.load({ verify: [] }, await rig.refresh({ verify: [] }));
  }

  const versions = (name: string, ...all: readonly string[]): XmlPackage[] => all.map((version) => ({ name, version }));
  const labels = (candidates: readonly YumCandidate[]): string[] => candidates.map(({ name, version }) => `${name}-${version}`);

  it('keeps the newest versions of each name and architecture', async () => {
    const candidates = await load([...versions('a', '1', '10', '9', '10~rc1'), { name: 'a', version: '2', arch: 'x86_64' }], []);
    expect(labels(newestPackages(candidates, 1))).toEqual(['a-10-1', 'a-2-1']);
    expect(labels(newestPackages(candidates, 2))).toEqual(['a-10-1', 'a-10~rc1-1', 'a-2-1']);
    expect(newestPackages(candidates, 9)).toHaveLength(5);
  });

  it('keeps whole versions of streams, apart from packages of no module', async () => {
    const artifact = (label: string): string => `${label.replace('-', '-0:')}-1.noarch`;
    const module = (stream: string, version: string, ...names: readonly string[]): GivenModule => ({
      stream,
      version,
      artifacts: names.map(artifact),
    });
    const candidates = await load(
      [...versions('a', '1', '2', '3', '4', '5'), ...versions('b', '1', '2', '3'), ...versions('c', '1')],
      // Version 2 of stream y has an older b than version 1, so that both are kept; c is in all versions.
      [
        module('x', '1', 'a-1', 'c-1'),
        module('x', '2', 'a-2', 'c-1'),
        module('y', '1', 'a-3', 'b-3', 'c-1'),
        module('y', '2', 'a-4', 'b-2', 'c-1'),
      ],
    );
    expect(labels(newestPackages(candidates, 1))).toEqual(['a-2-1', 'a-3-1', 'a-4-1', 'a-5-1', 'b-1-1', 'b-2-1', 'b-3-1', 'c-1-1']);
  });
});

describeWithTools(['dnf', 'createrepo_c', 'modifyrepo_c', 'shared data'], 'yum/modules/newest beside dnf reposync', () => {
  let root: string;
  let rig: Rig;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'mirror-newest-'));
    rig = await createRig(join(root, 'upstream'));
  });
  afterAll(async () => {
    await rig.close();
    rmSync(root, { recursive: true, force: true });
  });

  /** The file names that reposync would fetch, and those that are selected here, sorted. */
  async function both(): Promise<{ readonly theirs: string[]; readonly ours: string[] }> {
    const client = createDnfClient(join(root, 'dnf'));
    client.repositories(`[test]\nname=test\nbaseurl=file://${root}/upstream\ngpgcheck=0\nmetadata_expire=0\n`);
    const { stdout, stderr, status } = await client.dnf(
      '--enableplugin=reposync',
      'reposync',
      '--newest-only',
      '--urls',
      '--repo=test',
      '-q',
    );
    if (status !== 0) throw new Error(stderr);
    const candidates = await rig.load({ verify: [] }, await rig.refresh({ verify: [] }));
    return {
      theirs: stdout
        .trim()
        .split('\n')
        .map((url) => url.slice(url.lastIndexOf('/') + 1))
        .sort(),
      ours: newestPackages(candidates, 1)
        .map(({ location }) => location.slice(location.lastIndexOf('/') + 1))
        .sort(),
    };
  }

  it('takes of the modules of a real repository what reposync takes', async () => {
    const fixture = join(SHARED_DATA ?? '', 'fixtures/modular');
    const upstream = join(root, 'upstream');
    cpSync(fixture, upstream, { recursive: true });
    await succeed('createrepo_c', ['-q', upstream]);
    await succeed('modifyrepo_c', ['--mdtype=modules', join(fixture, 'modules.yaml'), join(upstream, 'repodata')]);
    const { theirs, ours } = await both();
    expect(ours).toEqual(theirs);
    expect(ours.length).toBeGreaterThan(15);
    rmSync(upstream, { recursive: true });
  });

  it.each([1, 2, 3, 4, 5])('takes of generated modules what reposync takes (seed %i)', async (seed) => {
    const { packages, modules } = generated(seed);
    writeRepository(join(root, 'upstream'), packages, { modules: modules.map(modulemd).join('') });
    const { theirs, ours } = await both();
    expect(ours).toEqual(theirs);
    expect(ours.length).toBeLessThan(packages.length);
  });
});

/** Packages of several versions, and modules of several streams and versions that have some of them. */
function generated(seed: number): { readonly packages: XmlPackage[]; readonly modules: GivenModule[] } {
  let state = seed;
  const random = (below: number): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
  const packages = Array.from({ length: 12 }, (_, index) => index).flatMap((index) =>
    Array.from(
      { length: 1 + random(6) },
      (_, version): XmlPackage => ({
        name: `p${index}`,
        version: `${version}.${random(20)}`,
        arch: random(3) === 0 ? 'x86_64' : 'noarch',
        epoch: String(random(8) === 0 ? 1 : 0),
      }),
    ),
  );
  const artifacts = packages.map(({ name, epoch, version, arch }) => `${name}-${epoch}:${version}-1.${arch}`);
  const modules = ['m', 'n', 'o'].flatMap((name) =>
    ['1', '1.10', 'rhel8'].flatMap((stream) =>
      Array.from(
        { length: random(4) },
        (_, version): GivenModule => ({
          name,
          stream,
          version: String(20180000 + version * 7 + random(20)),
          context: `c${random(3)}`,
          artifacts: artifacts.filter(() => random(45) === 0),
        }),
      ),
    ),
  );
  return { packages, modules };
}
