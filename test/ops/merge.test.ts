import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../src/apt/format/version.ts';
import { mergePackages } from '../../src/ops/merge.ts';
import type { StoredPackage } from '../../src/store/catalogue.ts';
import { packageRecord } from '../store/catalogue-fixture.ts';

/** Packages from `name_version_architecture`, with ids that count on from a number. */
function list(first: number, ...labels: readonly string[]): StoredPackage[] {
  return labels.map((label, index) => {
    const [name = '', version = '', architecture = ''] = label.split('_');
    return { ...packageRecord(first + index, { name, version, architecture }), id: first + index };
  });
}

const merged = (lists: readonly (readonly StoredPackage[])[], rule: 'replace' | 'latest' | 'keepAll') =>
  mergePackages(lists, rule, { compareVersions }).map(({ id, name, version, architecture }) => `${id} ${name}_${version}_${architecture}`);

describe('ops/merge', () => {
  it('replaces only within a stream', () => {
    const [base, updates] = [list(1, 'a_8.1_amd64', 'a_10.1_amd64', 'a_9_amd64'), list(11, 'a_8.2_amd64', 'a_10.0_amd64')];
    const streamOf = ({ version }: { readonly version: string }): string => /^(8|10)[.]/.exec(version)?.[1] ?? '';
    const ids = (rule: 'replace' | 'latest' | 'keepAll'): number[] =>
      mergePackages([base, updates], rule, { compareVersions, streamOf }).map(({ id }) => id);
    expect(ids('replace')).toEqual([3, 12, 11]);
    expect(ids('latest')).toEqual([3, 2, 11]);
    expect(ids('keepAll')).toHaveLength(5);
  });

  const older = list(1, 'a_1_amd64', 'a_5_amd64', 'b_1_all', 'c_2_amd64');
  const newer = list(11, 'a_3_amd64', 'a_3_arm64', 'c_1_amd64', 'd_1_all');

  it('replaces every version of a name and architecture by those of the later list, whatever follows', () => {
    expect(merged([older, newer], 'replace')).toEqual(['11 a_3_amd64', '12 a_3_arm64', '3 b_1_all', '13 c_1_amd64', '14 d_1_all']);
    expect(merged([newer, older], 'replace')).toEqual([
      '1 a_1_amd64',
      '2 a_5_amd64',
      '12 a_3_arm64',
      '3 b_1_all',
      '4 c_2_amd64',
      '14 d_1_all',
    ]);
  });

  it('keeps the newest, or all', () => {
    expect(merged([older, newer], 'latest')).toEqual(['2 a_5_amd64', '12 a_3_arm64', '3 b_1_all', '4 c_2_amd64', '14 d_1_all']);
    expect(merged([older, newer], 'keepAll').slice(0, 4)).toEqual(['1 a_1_amd64', '11 a_3_amd64', '2 a_5_amd64', '12 a_3_arm64']);
  });

  it('takes of one name, version and architecture the package of the later list, and within a list the later', () => {
    const again = list(21, 'a_1_amd64', 'b_1_all');
    expect(merged([older, again], 'keepAll')).toEqual(['21 a_1_amd64', '2 a_5_amd64', '22 b_1_all', '4 c_2_amd64']);
    expect(merged([list(31, 'a_1_amd64', 'a_1_amd64')], 'replace')).toEqual(['32 a_1_amd64']);
  });

  it('gives one list back as it is, sorted', () => {
    expect(merged([[...older].reverse()], 'replace')).toEqual(['1 a_1_amd64', '2 a_5_amd64', '3 b_1_all', '4 c_2_amd64']);
    expect(merged([], 'replace')).toEqual([]);
  });
});
