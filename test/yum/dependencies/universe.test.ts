import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closure } from '../../../src/solve/closure.ts';
import type { ClosureOptions } from '../../../src/solve/universe.ts';
import type { YumCandidate } from '../../../src/yum/candidate.ts';
import { yumFamily } from '../../../src/yum/family.ts';
import { parseRich } from '../../../src/yum/format/rich.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { refusedByDnf } from '../dnf.ts';
import { writeRepository, type XmlPackage } from '../repository.ts';
import { createRig, type Rig } from '../rig.ts';

const STRONG: ClosureOptions = { recommends: false, suggests: false, source: false, allVariants: false };

describe('yum/dependencies/universe', () => {
  let root: string;
  let rig: Rig;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'mirror-universe-'));
    rig = await createRig(root);
  });
  afterAll(async () => {
    await rig.close();
    rmSync(root, { recursive: true, force: true });
  });

  async function load(packages: readonly XmlPackage[], settings: Record<string, unknown> = {}): Promise<readonly YumCandidate[]> {
    writeRepository(root, packages);
    const all = { verify: [], ...settings };
    return rig.load(all, await rig.refresh(all));
  }

  /** What the first package pulls in, and what it lacks. */
  async function pull(packages: readonly XmlPackage[], options: Partial<ClosureOptions> = {}, settings: Record<string, unknown> = {}) {
    const candidates = await load(packages, settings);
    const universe = await yumFamily.universe(candidates, rig.blobs);
    const result = closure(universe, candidates.slice(0, 1), { ...STRONG, ...options, label: yumFamily.label });
    return { selected: result.selected.map(yumFamily.label), missing: result.unsatisfied.map((entry) => entry.requirement) };
  }

  it('follows requires to names, provides and files, and leaves out what rpm and the package itself provide', async () => {
    const result = await pull([
      {
        name: 'app',
        requires: ['lib >= 2', 'virtual', '/usr/bin/tool', 'rpmlib(X) <= 3', 'own', 'app = 1', '/etc/app.conf'],
        provides: ['own'],
        files: ['/etc/app.conf'],
      },
      { name: 'lib', version: '1' },
      { name: 'lib', version: '2' },
      { name: 'lib', version: '3' },
      { name: 'impl', provides: ['virtual = 7'] },
      { name: 'tools', files: ['/usr/bin/tool'] },
      { name: 'unrelated' },
    ]);
    expect(result).toEqual({ selected: ['app-1-1.noarch', 'impl-1-1.noarch', 'lib-3-1.noarch', 'tools-1-1.noarch'], missing: [] });
  });

  it('finds files that only filelists have, with the characters that XML escapes', async () => {
    const result = await pull([
      { name: 'app', requires: ['/usr/share/a&b', '(/opt/x or nothing)', '/not/there'] },
      { name: 'data', hiddenFiles: ['/usr/share/a&b', '/usr/share/a'] },
      { name: 'opt', hiddenFiles: ['/opt/x'] },
    ]);
    expect(result).toEqual({ selected: ['app-1-1.noarch', 'data-1-1.noarch', 'opt-1-1.noarch'], missing: ['/not/there'] });
  });

  it('finds files in what is stored of filelists, and lists them for queries', async () => {
    const [app, data] = await load([{ name: 'app', requires: ['/usr/share/a&b'] }, { name: 'data' }]);
    if (app === undefined || data === undefined) throw new Error('nothing was loaded');
    const element = Buffer.from(
      '<package pkgid="x"><version ver="1"/><file>/usr/share/a&amp;b</file><file type="dir">/opt</file></package>',
    );
    const stored = { id: 1, sha256: '', record: data.element, ...data };
    const found = yumFamily.candidate(stored, 'repo', (kind) => (kind === 'filelists' ? element : undefined));
    const candidates = [{ ...app, filelists: undefined }, found];
    const universe = await yumFamily.universe(candidates, rig.blobs);
    expect(closure(universe, candidates.slice(0, 1), { ...STRONG, label: yumFamily.label }).selected).toEqual(candidates);
    expect(yumFamily.subject(found).values?.('files')).toEqual(['/usr/share/a&b', '/opt']);
  });

  it('reads no filelists where primary answers everything', async () => {
    const candidates = await load([
      { name: 'app', requires: ['/usr/bin/x'] },
      { name: 'x', files: ['/usr/bin/x'] },
    ]);
    const broken = candidates.map((candidate) => ({ ...candidate, filelists: { path: 'f.xml', sha256: '0'.repeat(64), size: 1 } }));
    await expect(yumFamily.universe(broken, rig.blobs)).resolves.toBeDefined();
  });

  it('says what is missing, with the version', async () => {
    expect(await pull([{ name: 'app', requires: ['lib > 5', 'none', '(none and lib)'] }, { name: 'lib' }])).toEqual({
      selected: ['app-1-1.noarch', 'lib-1-1.noarch'],
      missing: ['lib > 5', 'none', '(none and lib)'],
    });
  });

  it('takes 64 bits before 32, unless the required name says otherwise', async () => {
    const both = (name: string): XmlPackage[] => [
      { name, arch: 'i686', provides: [`${name}(x86-32) = 1-1`] },
      { name, arch: 'x86_64', provides: [`${name}(x86-64) = 1-1`] },
    ];
    const settings = { architectures: ['x86_64', 'i686'] };
    expect((await pull([{ name: 'app', arch: 'x86_64', requires: ['lib'] }, ...both('lib')], {}, settings)).selected).toEqual([
      'app-1-1.x86_64',
      'lib-1-1.x86_64',
    ]);
    expect((await pull([{ name: 'app', arch: 'x86_64', requires: ['lib(x86-32)'] }, ...both('lib')], {}, settings)).selected).toEqual([
      'app-1-1.x86_64',
      'lib-1-1.i686',
    ]);
  });

  it('gives a package for every architecture its requirements for each', async () => {
    const packages = [{ name: 'app', requires: ['lib'] }, ...['x86_64', 'aarch64'].map((arch) => ({ name: 'lib', arch }))];
    expect((await pull(packages)).selected).toEqual(['app-1-1.noarch', 'lib-1-1.aarch64', 'lib-1-1.x86_64']);
    const one = [
      { name: 'app', arch: 'aarch64', requires: ['lib'] },
      { name: 'lib', arch: 'x86_64' },
    ];
    expect((await pull(one)).missing).toEqual(['lib']);
  });

  it('follows weak dependencies and source packages as asked, and weak ones only as far as they exist', async () => {
    const packages: XmlPackage[] = [
      { name: 'app', recommends: ['nice', 'gone'], suggests: ['maybe'], sourceRpm: 'app-1-1.src.rpm' },
      { name: 'nice' },
      { name: 'maybe' },
      { name: 'app', arch: 'src', requires: ['gcc'] },
    ];
    const settings = { architectures: ['noarch', 'src'] };
    expect(await pull(packages, {}, settings)).toEqual({ selected: ['app-1-1.noarch'], missing: [] });
    expect((await pull(packages, { recommends: true }, settings)).selected).toEqual(['app-1-1.noarch', 'nice-1-1.noarch']);
    expect((await pull(packages, { suggests: true }, settings)).selected).toEqual(['app-1-1.noarch', 'maybe-1-1.noarch']);
    expect(await pull(packages, { source: true }, settings)).toEqual({ selected: ['app-1-1.noarch', 'app-1-1.src'], missing: [] });
    expect((await pull([{ name: 'app', sourceRpm: 'app-1-1.src.rpm' }], { source: true })).missing).toEqual([
      'source package app-1-1.src.rpm',
    ]);
  });

  it('takes what supplements or enhances a package as asked, as soon as all that it is to be beside is there', async () => {
    const packages: XmlPackage[] = [
      { name: 'app', requires: ['lib'] },
      { name: 'lib' },
      { name: 'lang-de', version: '1', supplements: ['(app and langpacks-de)'] },
      { name: 'lang-fr', version: '1', supplements: ['(app and lib)'] },
      { name: 'lang-fr', version: '2', supplements: ['(app and lib)'] },
      { name: 'langpacks-de' },
      { name: 'doc', supplements: ['lib = 2'] },
      { name: 'either', supplements: ['(nothing or lib)'] },
      { name: 'absent', supplements: ['(lib unless nothing)'] },
      { name: 'never', supplements: ['(lib unless app)'] },
      { name: 'nicer', enhances: ['app'] },
    ];
    const names = async (options: Partial<ClosureOptions>, more: readonly XmlPackage[] = []): Promise<string[]> =>
      (await pull([...packages, ...more], options)).selected.map((label) => label.replace(/-1.noarch$/, ''));
    expect(await names({})).toEqual(['app-1', 'lib-1']);
    expect(await names({ recommends: true })).toEqual(['absent-1', 'app-1', 'either-1', 'lang-fr-2', 'lib-1']);
    expect(await names({ suggests: true })).toEqual(['app-1', 'lib-1', 'nicer-1']);
  });

  it.each<[string, readonly string[]]>([
    ['(a and b)', ['a', 'b']],
    ['(x or a)', ['a']],
    ['(a or b)', ['a']],
    ['(a if b)', ['a']],
    ['(x if b)', []],
    ['(a if x else b)', ['a', 'b']],
    ['(a unless b)', ['a']],
    ['(v > 1 with v < 3)', ['v2']],
    ['(v without v = 3)', ['v2']],
    ['((a and b) or x)', ['a', 'b']],
    ['((x and a) or b)', ['b']],
  ])('a rich dependency %s takes %j', async (dependency, names) => {
    expect(parseRich(dependency)).toBeDefined();
    const world: XmlPackage[] = [
      { name: 'a' },
      { name: 'b' },
      { name: 'v1', provides: ['v = 1'] },
      { name: 'v2', provides: ['v = 2'] },
      { name: 'v3', provides: ['v = 3'] },
    ];
    const result = await pull([{ name: 'app', requires: [dependency] }, ...world]);
    if (dependency === '(v without v = 3)') expect(['v1', 'v2']).toContain(result.selected[1]?.split('-')[0]);
    else expect(result.selected).toEqual(['app', ...names].sort().map((name) => `${name}-1-1.noarch`));
    expect(result.missing).toEqual([]);
  });

  it('prefers the package of the name itself, then kin, then the shorter name; of one name the newest, of the earlier mirror', async () => {
    const first = async (requirement: string, ...packages: readonly XmlPackage[]): Promise<string | undefined> => {
      const { selected } = await pull([{ name: 'kernel-tools', requires: [requirement] }, ...packages]);
      return selected.find((label) => !label.startsWith('kernel-tools-1'));
    };
    expect(await first('v', { name: 'a', version: '9', provides: ['v'] }, { name: 'v' })).toBe('v-1-1.noarch');
    expect(await first('v', { name: 'aa', provides: ['v'] }, { name: 'kernel-v', provides: ['v'] })).toBe('kernel-v-1-1.noarch');
    expect(await first('v', { name: 'aaa', version: '9', provides: ['v'] }, { name: 'zz', provides: ['v'] })).toBe('zz-1-1.noarch');
    expect(await first('v', { name: 'v', version: '9' }, { name: 'v', version: '10' }, { name: 'v', version: '10~rc1' })).toBe(
      'v-10-1.noarch',
    );
  });
});

describeWithTools(['dnf', '/usr/bin/python3'], 'yum/dependencies/universe beside dnf', () => {
  it('finds missing exactly what the solver of dnf cannot install', async () => {
    const root = mkdtempSync(join(tmpdir(), 'mirror-closure-'));
    const rig = await createRig(root);
    const world: XmlPackage[] = [
      { name: 'base', version: '2.0', epoch: '1', provides: ['v = 1.5-3'], files: ['/usr/bin/base'], hiddenFiles: ['/usr/lib/x/y'] },
      { name: 'base', version: '1.0~rc1', provides: ['old'] },
      { name: 'wide', provides: ['w'] },
    ];
    const requirements = [
      ...[
        'base',
        'base = 1:2.0',
        'base = 1:2.0-1',
        'base = 2.0',
        'base > 1:2.0',
        'base >= 1.0',
        'base < 1.0',
        'base = 1.0~rc1',
        'w = 9',
        'v > 1.5',
      ],
      ...[
        'v >= 1.5',
        'v = 1.5',
        'v = 1.5-4',
        'v < 1.5',
        '/usr/bin/base',
        '/usr/lib/x/y',
        '/usr/lib/x',
        '/usr/bin/none',
        'none',
        'rpmlib(RichDependencies) <= 4.12.0-1',
      ],
      ...[
        '(base and none)',
        '(base or none)',
        '(none or nothing)',
        '(none if nothing)',
        '(base if none)',
        '(v > 1 with v < 2)',
        '(base without old)',
      ],
      ...[
        '(base with none)',
        '((base and v) or none)',
        '(none if base else w)',
        '(base = 1:2.0 and (v or none))',
        '(w unless base)',
        '(none unless base)',
      ],
    ];
    const askers = requirements.map((requirement, index) => ({ name: `p${index}`, requires: [requirement] }));
    try {
      writeRepository(root, [...world, ...askers]);
      const candidates = await rig.load({ verify: [] }, await rig.refresh({ verify: [] }));
      const universe = await yumFamily.universe(candidates, rig.blobs);
      const missing = closure(universe, candidates, { ...STRONG, label: (candidate) => candidate.name }).unsatisfied;
      const names = askers.map((asker) => asker.name);
      const refused = refusedByDnf(root, names);
      const described = (name: string): string => `${name} ${requirements[Number(name.slice(1))]}`;
      expect(new Set(missing.map((entry) => described(entry.chain.at(-1) ?? '')))).toEqual(new Set(refused.map(described)));
    } finally {
      await rig.close();
      rmSync(root, { recursive: true, force: true });
    }
  }, 60_000);
});
