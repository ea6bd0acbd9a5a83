import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEmptySnapshot, createSnapshot, mergeSnapshots } from '../../src/ops/snapshot-create.ts';
import { type Aptly, openAptly } from '../support/aptly.ts';
import { describeWithTools } from '../support/requirements.ts';
import { openWorkplace, type Workplace } from './operation-context.ts';
import { packagesOf, pkg, putSnapshot, writePackage } from './stored-packages.ts';

const CONFIGURATION = `
mirrors: { upstream: { type: apt, url: "http://127.0.0.1:9/", suite: s, verify: [] } }
groups: { all: [upstream] }
repos: { local: { type: apt } }
`;

describe('ops/snapshot-create', () => {
  let place: Workplace;
  beforeEach(async () => {
    place = await openWorkplace(CONFIGURATION);
  });
  afterEach(() => place.close());

  const translation = (sha256: string) => ({
    kind: 'translation',
    mirror: 'm',
    component: 'main',
    path: 'main/i18n/Translation-en',
    sha256,
    size: 1,
  });

  it('keeps what its source has besides packages, and says how it was made', async () => {
    const { context } = place;
    putSnapshot('a', [pkg('x_1_amd64')], context, { supplements: [translation('1')], checked: { metadata: true, packages: true } });
    const made = await createSnapshot('copy', 'a', context);
    expect(made).toMatchObject({
      name: 'copy',
      type: 'apt',
      packages: 1,
      description: 'of the snapshot a',
      from: [{ kind: 'snapshot', name: 'a' }],
    });
    expect(context.catalogue.snapshot('copy')?.contents).toEqual(context.catalogue.snapshot('a')?.contents);
    expect(await createSnapshot('frozen', 'local', context)).toMatchObject({ packages: 0, from: [{ kind: 'repo', name: 'local' }] });
    expect(createEmptySnapshot('none', 'yum', context)).toMatchObject({ type: 'yum', packages: 0, from: [] });
  });

  it('has of a merge what all sources have besides packages, and how all of them were checked', async () => {
    const { context } = place;
    putSnapshot('a', [pkg('x_1_amd64')], context, { supplements: [translation('1')], checked: { metadata: true, packages: true } });
    putSnapshot('b', [pkg('y_1_amd64')], context, { supplements: [translation('1'), translation('2')] });
    createEmptySnapshot('none', 'apt', context);
    await mergeSnapshots('both', ['a', 'b', 'none'], context);
    const contents = context.catalogue.snapshot('both')?.contents;
    expect(contents?.supplements.map(({ sha256 }) => sha256)).toEqual(['1', '2']);
    expect(contents?.checked).toEqual({ metadata: true, packages: false });
    expect(contents?.keys).toHaveLength(1);
    await mergeSnapshots('one', ['a', 'none'], context);
    expect(context.catalogue.snapshot('one')?.contents.checked).toEqual({ metadata: true, packages: true });
  });

  it.each([
    ['upstream', 'NAME_TAKEN'],
    ['all', 'NAME_TAKEN'],
    ['local', 'NAME_TAKEN'],
    ['a', 'NAME_TAKEN'],
    ['Upper', 'NAME_INVALID'],
    ['../x', 'NAME_INVALID'],
    ['', 'NAME_INVALID'],
  ])('refuses the name %j: %s', async (name, code) => {
    const { context } = place;
    putSnapshot('a', [], context);
    const refused = expect.objectContaining({ code });
    await expect(createSnapshot(name, 'a', context)).rejects.toThrow(refused);
    await expect(mergeSnapshots(name, ['a'], context)).rejects.toThrow(refused);
    expect(() => createEmptySnapshot(name, 'apt', context)).toThrow(refused);
    expect(context.catalogue.snapshots()).toHaveLength(1);
  });

  it('refuses sources that are not there, have nothing yet, or are of two families', async () => {
    const { context } = place;
    putSnapshot('a', [], context);
    putSnapshot('rpms', [], context, { family: 'yum' });
    await expect(createSnapshot('new', 'upstream', context)).rejects.toMatchObject({ code: 'NEVER_SYNCED' });
    await expect(createSnapshot('new', 'upstrem', context)).rejects.toMatchObject({ hint: expect.stringContaining('upstream') });
    await expect(mergeSnapshots('new', ['a', 'rpms'], context)).rejects.toMatchObject({ code: 'USAGE' });
    expect(context.catalogue.snapshot('new')).toBeUndefined();
  });

  describeWithTools(['aptly'], 'beside aptly', () => {
    let root: string;
    let aptly: Aptly;
    let count = 0;
    beforeAll(() => {
      root = mkdtempSync(join(tmpdir(), 'mirror-merge-'));
      aptly = openAptly(root);
    });
    afterAll(() => rmSync(root, { recursive: true, force: true }));

    const FLAGS = { replace: [], latest: ['-latest'], keepAll: ['-no-remove'] };
    type Rule = keyof typeof FLAGS;

    async function merged(
      lists: readonly (readonly string[])[],
      rules: readonly Rule[],
    ): Promise<{ ours: readonly string[]; theirs: readonly string[] }[]> {
      const number = count++;
      const names = lists.map((_, index) => `s${number}-${index}`);
      for (const [index, labels] of lists.entries()) {
        const specs = labels.map((label) => pkg(label));
        putSnapshot(names[index] ?? '', specs, place.context);
        await aptly.snapshot(
          names[index] ?? '',
          specs.map((spec) => writePackage(join(root, 'debs'), spec)),
        );
      }
      const results = [];
      for (const rule of rules) {
        const name = `m${number}-${rule.toLowerCase()}`;
        await mergeSnapshots(name, names, place.context, rule);
        await aptly.ok('snapshot', 'merge', ...FLAGS[rule], name, ...names);
        results.push({ ours: packagesOf(name, place.context), theirs: await aptly.packages(name) });
      }
      return results;
    }

    it.each<[lists: string[][]]>([
      [
        [
          ['a_1_amd64', 'b_1_amd64'],
          ['a_2_amd64', 'c_1_amd64'],
        ],
      ],
      [[['a_2_amd64'], ['a_1_amd64']]],
      [[['a_1_amd64', 'a_1_i386'], ['a_2_amd64']]],
      [[['a_1_amd64'], ['a_2_all']]],
      [[['a_1:1_amd64'], ['a_2_amd64'], ['a_3_i386']]],
      [[[], ['a_1_amd64', 'a_2_amd64']]],
    ])(
      'merges %j as aptly does, by every rule',
      async (lists) => {
        for (const { ours, theirs } of await merged(lists, ['replace', 'latest', 'keepAll'])) {
          expect(ours).toEqual(theirs);
          expect(ours.length).toBeGreaterThan(0);
        }
      },
      20_000,
    );

    // aptly goes through both lists side by side and leaves some of the earlier versions where the later list has fewer of them.
    it.each<[lists: string[][], expected: string[]]>([
      [[['a_1_amd64', 'a_2_amd64'], ['a_3_amd64']], ['a_3_amd64']],
      [[['a_1_amd64', 'a_2_amd64', 'a_3_amd64'], ['a_4_amd64']], ['a_4_amd64']],
    ])(
      'replaces every earlier version in %j, where aptly keeps some',
      async (lists, expected) => {
        const [result] = await merged(lists, ['replace']);
        expect(result?.ours).toEqual(expected);
        expect(result?.theirs).toEqual(expect.arrayContaining(expected));
      },
      20_000,
    );
  });
});
