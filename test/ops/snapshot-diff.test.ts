import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareVersions } from '../../src/apt/format/version.ts';
import { differenceText } from '../../src/cli/render/snapshots.ts';
import { type DifferenceRow, differences, diffSnapshots } from '../../src/ops/snapshot-diff.ts';
import { openAptly } from '../support/aptly.ts';
import { describeWithTools } from '../support/requirements.ts';
import { openWorkplace, type Workplace } from './operation-context.ts';
import { pkg, putSnapshot, writePackage } from './stored-packages.ts';

/** `name_version_architecture` of each side as a list with ids: equal labels are equal packages, unless one is marked by `*`. */
function differ(left: readonly string[], right: readonly string[]): DifferenceRow[] {
  const ids = new Map<string, number>();
  const members = (labels: readonly string[]) =>
    labels.map((label) => {
      const id = ids.get(label) ?? ids.size;
      ids.set(label, id);
      const [name = '', version = '', architecture = ''] = label.replace('*', '').split('_');
      return { id, name, version, architecture };
    });
  return differences(members(left), members(right), compareVersions);
}

describe('ops/snapshot-diff', () => {
  it.each<[left: string[], right: string[], expected: [name: string, left: string | null, right: string | null][]]>([
    [['a_1_all'], ['a_1_all'], []],
    [['a_1_all'], [], [['a', '1', null]]],
    [[], ['a_1_all'], [['a', null, '1']]],
    [['a_1_all'], ['a_2_all'], [['a', '1', '2']]],
    [['a_1_all', 'a_2_all'], ['a_2_all', 'a_3_all'], [['a', '1', '3']]],
    [
      ['a_9_all', 'a_10_all'],
      ['a_11_all'],
      [
        ['a', '9', null],
        ['a', '10', '11'],
      ],
    ],
    [['a_1_all'], ['a_1_all*'], [['a', '1', '1']]],
    [
      ['b_1_all', 'a_1_all'],
      ['a_1_amd64'],
      [
        ['a', '1', null],
        ['a', null, '1'],
        ['b', '1', null],
      ],
    ],
  ])('%j and %j differ in %j', (left, right, expected) => {
    expect(differ(left, right).map((row) => [row.name, row.left, row.right])).toEqual(expected);
  });

  describe('of stored snapshots', () => {
    let place: Workplace;
    beforeEach(async () => {
      place = await openWorkplace('');
    });
    afterEach(() => place.close());
    const LEFT = [pkg('gone_1_amd64'), pkg('same_1_amd64'), pkg('up_1_amd64'), pkg('up_1_i386')];
    const RIGHT = [pkg('came_1_all'), pkg('same_1_amd64'), pkg('up_2_amd64'), pkg('up_1_i386')];

    it('is shown in columns, and can leave out what only one has', () => {
      putSnapshot('old', LEFT, place.context);
      putSnapshot('fresh', RIGHT, place.context);
      const report = diffSnapshots('old', 'fresh', place.context);
      expect(differenceText(report).split('\n')).toEqual([
        '   ARCH   PACKAGE  old  fresh',
        '+  all    came     -    1',
        '-  amd64  gone     1    -',
        '!  amd64  up       1    2',
        '',
      ]);
      expect(diffSnapshots('old', 'fresh', place.context, { onlyMatching: true }).differences).toHaveLength(1);
      expect(differenceText(diffSnapshots('old', 'old', place.context))).toBe('old and old do not differ\n');
      putSnapshot('rpms', [], place.context, { family: 'yum' });
      expect(() => diffSnapshots('old', 'rpms', place.context)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    });

    it('marks another file of one version', () => {
      putSnapshot('old', [pkg('a_1_all')], place.context);
      putSnapshot('fresh', [pkg('a_1_all', { Section: 'other' })], place.context);
      expect(differenceText(diffSnapshots('old', 'fresh', place.context))).toContain('!  all   a        1    1 (another file)\n');
    });

    describeWithTools(['aptly'], 'beside aptly', () => {
      it('has the rows that aptly has', async () => {
        const root = mkdtempSync(join(tmpdir(), 'mirror-diff-'));
        try {
          const aptly = openAptly(root);
          putSnapshot('old', LEFT, place.context);
          putSnapshot('fresh', RIGHT, place.context);
          for (const [name, specs] of [['old', LEFT] as const, ['fresh', RIGHT] as const]) {
            await aptly.snapshot(
              name,
              specs.map((spec) => writePackage(join(root, 'debs'), spec)),
            );
          }
          const cells = (line: string): string[] => line.split(/[\s|]+/).filter((cell) => cell !== '');
          const theirs = (await aptly.ok('snapshot', 'diff', 'old', 'fresh')).split('\n').filter((line) => /^[-+!]/.test(line.trim()));
          const ours = differenceText(diffSnapshots('old', 'fresh', place.context))
            .split('\n')
            .slice(1, -1);
          expect(ours.map(cells).sort()).toEqual(theirs.map(cells).sort());
        } finally {
          rmSync(root, { recursive: true, force: true });
        }
      }, 20_000);
    });
  });
});
