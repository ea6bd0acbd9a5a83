import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PullReport, type PullRequest, pullIntoSnapshot } from '../../src/ops/snapshot-pull.ts';
import { type Aptly, openAptly } from '../support/aptly.ts';
import { describeWithTools } from '../support/requirements.ts';
import { openWorkplace, type Workplace } from './operation-context.ts';
import { type PackageSpec, packagesOf, pkg, putSnapshot, writePackage } from './stored-packages.ts';

const BASE = [
  pkg('app_1_amd64', { Depends: 'lib (= 1)' }),
  pkg('lib_1_amd64'),
  pkg('user_1_amd64', { Depends: 'lib (= 1)' }),
  pkg('tool_1_all'),
  pkg('multi_1_amd64'),
  pkg('multi_2_amd64'),
];
const SOURCE = [
  pkg('app_2_amd64', { Depends: 'lib (>= 2), tool, extra' }),
  pkg('app_3_amd64', { Depends: 'lib (>= 2), tool, extra' }),
  pkg('app_3_i386', { Depends: 'lib (>= 2)' }),
  pkg('lib_2_amd64', { Depends: 'deep' }),
  pkg('deep_1_amd64'),
  pkg('extra_1_all'),
  pkg('tool_2_all'),
  pkg('multi_3_amd64'),
  pkg('broken_1_amd64', { Depends: 'nowhere' }),
];

describe('ops/snapshot-pull', () => {
  let place: Workplace;
  beforeEach(async () => {
    place = await openWorkplace('');
    putSnapshot('base', BASE, place.context);
    putSnapshot('source', SOURCE, place.context);
  });
  afterEach(() => place.close());

  const pull = (queries: readonly string[], options: Partial<PullRequest> = {}): Promise<PullReport> =>
    pullIntoSnapshot({ base: 'base', source: 'source', name: 'new', queries, ...options }, place.context);
  const warnings = (): string[] => place.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

  it('takes the newest version and what it needs that the base has not, in place of what the base has of them', async () => {
    const report = await pull(['app']);
    expect(report).toMatchObject({
      added: ['app_3_amd64', 'deep_1_amd64', 'extra_1_all', 'lib_2_amd64'],
      removed: ['app_1_amd64', 'lib_1_amd64'],
      unsatisfied: [],
      snapshot: { name: 'new', packages: 8, description: 'pull from source into base: app' },
    });
    expect(packagesOf('new', place.context)).toEqual([
      'app_3_amd64',
      'deep_1_amd64',
      'extra_1_all',
      'lib_2_amd64',
      'multi_1_amd64',
      'multi_2_amd64',
      'tool_1_all',
      'user_1_amd64',
    ]);
    expect(warnings()).toEqual(['nothing provides lib (= 1), needed by user_1_amd64']);
  });

  it('leaves the base and the source as they are, and makes nothing in a dry run', async () => {
    const before = place.context.catalogue.snapshots();
    const report = await pull(['app'], { dryRun: true });
    expect(report.snapshot).toBeUndefined();
    expect(report.added).toHaveLength(4);
    expect(place.context.catalogue.snapshots()).toEqual(before);
  });

  it('says what nothing satisfies, and takes the package all the same', async () => {
    const { added, unsatisfied } = await pull(['broken']);
    expect(added).toEqual(['broken_1_amd64']);
    expect(unsatisfied).toEqual([{ requirement: 'nowhere', chain: ['broken_1_amd64'] }]);
    expect(warnings()).toEqual(['nothing provides nowhere, needed by broken_1_amd64']);
  });

  it('looks again for what a version satisfied that was replaced by a dependency', async () => {
    putSnapshot('old', [pkg('lib_1_amd64'), pkg('helper_1_amd64')], place.context);
    const packages = [
      pkg('app_1_amd64', { Depends: 'lib, strict' }),
      pkg('strict_1_amd64', { Depends: 'lib (>= 2)' }),
      pkg('lib_2_amd64', { Depends: 'helper (>= 2)' }),
      pkg('helper_2_amd64'),
    ];
    putSnapshot('fresh', packages, place.context);
    const report = await pull(['app'], { base: 'old', source: 'fresh' });
    expect(report).toMatchObject({
      added: ['app_1_amd64', 'helper_2_amd64', 'lib_2_amd64', 'strict_1_amd64'],
      removed: ['helper_1_amd64', 'lib_1_amd64'],
      unsatisfied: [],
    });
  });

  it('pulls nothing twice: what the base has already is no change', async () => {
    putSnapshot('same', [pkg('lib_1_amd64'), pkg('multi_2_amd64')], place.context);
    expect(await pull(['lib', 'multi'], { source: 'same' })).toMatchObject({ added: [], removed: ['multi_1_amd64'] });
  });

  it.each<[queries: string[], options: Partial<PullRequest>, code: string]>([
    [['none'], {}, 'PACKAGE_UNKNOWN'],
    [['app ('], {}, 'QUERY_INVALID'],
    [['app'], { name: 'base' }, 'NAME_TAKEN'],
    [['app'], { source: 'nowhere' }, 'NAME_UNKNOWN'],
  ])('refuses %j with %j: %s', async (queries, options, code) => {
    await expect(pull(queries, options)).rejects.toMatchObject({ code });
    expect(place.context.catalogue.snapshots()).toHaveLength(2);
  });

  describeWithTools(['aptly'], 'beside aptly', () => {
    let root: string;
    let aptly: Aptly;
    let count = 0;
    beforeAll(async () => {
      root = mkdtempSync(join(tmpdir(), 'mirror-pull-'));
      aptly = openAptly(root);
      const files = (specs: readonly PackageSpec[]): string[] => specs.map((spec) => writePackage(join(root, 'debs'), spec));
      await aptly.snapshot('base', files(BASE));
      await aptly.snapshot('source', files(SOURCE));
    });
    afterAll(() => rmSync(root, { recursive: true, force: true }));

    async function pulled(queries: readonly string[], options: Partial<PullRequest>, flags: readonly string[]) {
      await pull(queries, options);
      const name = `new${count++}`;
      await aptly.ok('snapshot', 'pull', ...flags, 'base', 'source', name, ...queries);
      return { ours: packagesOf('new', place.context), theirs: await aptly.packages(name) };
    }

    it.each<[queries: string[], options: Partial<PullRequest>, flags: string[]]>([
      [['app'], {}, []],
      [['app'], { withDeps: false }, ['-no-deps']],
      [['app'], { remove: false }, ['-no-remove']],
      [['app'], { withDeps: false, remove: false, allMatches: true }, ['-no-deps', '-no-remove', '-all-matches']],
      [['app (= 2)'], {}, []],
      [['multi', 'tool'], {}, []],
      [['Name (% *)'], { withDeps: false }, ['-no-deps']],
      [['broken'], {}, []],
    ])(
      'pulls %j with %j as aptly does',
      async (queries, options, flags) => {
        const { ours, theirs } = await pulled(queries, options, flags);
        expect(ours).toEqual(theirs);
      },
      20_000,
    );

    it('leaves packages that provide the name, and those for other architectures, where aptly takes them away', async () => {
      const base = [pkg('mta_1_amd64'), pkg('other_1_amd64', { Provides: 'mta' }), pkg('tool_1_all')];
      const source = [pkg('mta_2_amd64'), pkg('tool_2_amd64')];
      for (const [name, specs] of [['have', base] as const, ['take', source] as const]) {
        putSnapshot(name, specs, place.context);
        await aptly.snapshot(
          name,
          specs.map((spec) => writePackage(join(root, 'debs'), spec)),
        );
      }
      await pull(['mta', 'tool'], { base: 'have', source: 'take' });
      await aptly.ok('snapshot', 'pull', 'have', 'take', 'taken', 'mta', 'tool');
      expect(packagesOf('new', place.context)).toEqual(['mta_2_amd64', 'other_1_amd64', 'tool_1_all', 'tool_2_amd64']);
      expect(await aptly.packages('taken')).toEqual(['mta_2_amd64', 'tool_2_amd64']);
    }, 20_000);
  });
});
