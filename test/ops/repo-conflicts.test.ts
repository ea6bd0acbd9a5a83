import { describe, expect, it } from 'vitest';
import type { LocalFile, LocalPackage } from '../../src/family/local-packages.ts';
import { planAdditions } from '../../src/ops/repo-conflicts.ts';
import type { PackageRecord, StoredPackage } from '../../src/store/catalogue.ts';

const record = (name: string, sha256: string, archives: Readonly<Record<string, string>> = {}): PackageRecord => ({
  name,
  version: '1',
  architecture: 'all',
  sha256,
  size: 1,
  location: `${name}.deb`,
  record: Buffer.alloc(0),
  files: Object.entries(archives).map(([file, digest]) => ({ name: file, sha256: digest, size: 1 })),
});
const fileAt = (path: string): LocalFile => ({
  path,
  name: path,
  read: () => {
    throw new Error('nobody reads it');
  },
  beside: () => Promise.reject(new Error('nobody asks for it')),
});
const found = (path: string, of: PackageRecord): LocalPackage => ({ record: of, files: [fileAt(path)], extras: [] });
const stored = (id: number, of: PackageRecord): StoredPackage => ({ ...of, id });
const rules = {
  repo: 'local',
  label: ({ name, version }: Pick<PackageRecord, 'name' | 'version'>) => `${name}_${version}`,
  forceReplace: false,
};

describe('ops/repo-conflicts', () => {
  it('tells new packages from those that are there', () => {
    const plan = planAdditions(
      [found('a', record('a', '1')), found('b', record('b', '2')), found('b2', record('b', '2'))],
      [stored(7, record('a', '1')), stored(8, record('c', '3'))],
      rules,
    );
    expect(plan).toMatchObject({ added: [{ record: { name: 'b' } }], present: ['a_1'], replaced: [], kept: [7, 8] });
    expect(plan.added).toHaveLength(1);
  });

  it('names every package that would get other content', () => {
    const present = [stored(7, record('a', '1')), stored(8, record('b', '2'))];
    const plan = () => planAdditions([found('/x/a', record('a', '9')), found('/x/b', record('b', '9'))], present, rules);
    expect(plan).toThrow(
      expect.objectContaining({
        code: 'PACKAGE_CONFLICT',
        message: expect.stringMatching(/\n {2}\/x\/a is not the a_1 that the repo has\n {2}\/x\/b is not the b_1 that the repo has$/),
        details: { conflicts: 2 },
      }),
    );
  });

  it('replaces them on request, but never chooses between two that are added', () => {
    const forced = { ...rules, forceReplace: true };
    const present = [stored(7, record('a', '1')), stored(8, record('b', '2'))];
    const plan = planAdditions([found('/x/a', record('a', '9'))], present, forced);
    expect(plan).toMatchObject({ added: [{ record: { sha256: '9' } }], replaced: ['a_1'], present: [], kept: [8] });
    const twice = () => planAdditions([found('/x/a', record('a', '8')), found('/y/a', record('a', '9'))], [], forced);
    expect(twice).toThrow(expect.objectContaining({ message: expect.stringContaining('a_1 is there twice: /x/a and /y/a differ') }));
  });

  it('refuses two archives of one name for a source, of packages that stay', () => {
    const version = (number: string, of: PackageRecord): PackageRecord => ({ ...of, version: number });
    const old = stored(7, version('1', record('a', '1', { 'a.orig.tar.xz': 'x' })));
    const plan = (digest: string, forceReplace: boolean) =>
      planAdditions([found('a', version('2', record('a', '2', { 'a.orig.tar.xz': digest })))], [old], { ...rules, forceReplace });
    expect(plan('x', false).added).toHaveLength(1);
    for (const forceReplace of [false, true]) {
      expect(() => plan('y', forceReplace)).toThrow(
        expect.objectContaining({
          code: 'PACKAGE_CONFLICT',
          message: expect.stringContaining('a_1 and a_2 have different archives called a.orig.tar.xz'),
        }),
      );
    }
    const again = planAdditions([found('a', version('1', record('a', '2', { 'a.orig.tar.xz': 'y' })))], [old], {
      ...rules,
      forceReplace: true,
    });
    expect(again).toMatchObject({ replaced: ['a_1'], kept: [] });
  });
});
