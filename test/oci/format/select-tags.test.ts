import { describe, expect, it } from 'vitest';
import { describeSelection, selectTags, tagSelection } from '../../../src/oci/format/select-tags.ts';

const TAGS = [
  'latest',
  'v1.9.0',
  'v1.10.0',
  '1.2',
  '1.10.0-rc1',
  '2.0.0',
  '1',
  '20240101',
  'v1.2.3_build.1',
  '1.2.3-alpine',
  'sha256-ab.sig',
];
const select = (selection: Partial<Parameters<typeof selectTags>[0]>): string[] =>
  selectTags({ globs: [], exclude: [], ...selection }, TAGS);

describe('oci/format/select-tags', () => {
  it('chooses by globs, in the order of versions', () => {
    expect(select({ globs: ['v1.*'] })).toEqual(['v1.2.3_build.1', 'v1.9.0', 'v1.10.0']);
    expect(select({ globs: ['*'], exclude: ['*.sig', '20*', '*-*'] })).toEqual([
      '1.2',
      'v1.2.3_build.1',
      'v1.9.0',
      'v1.10.0',
      '2.0.0',
      '1',
      'latest',
    ]);
  });

  it('chooses by a range of versions, where neither a date nor a pre-release is a match by chance', () => {
    expect(select({ range: '>=1.2' })).toEqual(['1.2', 'v1.2.3_build.1', 'v1.9.0', 'v1.10.0', '2.0.0']);
    expect(select({ range: '>=1.2 <2', exclude: ['v*'] })).toEqual(['1.2']);
    expect(select({ range: '>=1.10.0-0 <1.11' })).toEqual(['1.10.0-rc1', 'v1.10.0']);
  });

  it('takes what either of both takes, and nothing where none does', () => {
    expect(select({ globs: ['latest'], range: '^2' })).toEqual(['2.0.0', 'latest']);
    expect(select({ globs: ['v3.*'] })).toEqual([]);
  });

  it('refuses a glob that is none', () => {
    expect(() => tagSelection({ globs: ['[a'], exclude: [] })).toThrow('not closed');
    expect(describeSelection({ globs: ['v1.*'], range: '>=2', exclude: [] })).toBe('v1.*, >=2');
  });

  it('takes no tags that are made of digests, at which signatures are', () => {
    const hex = 'a'.repeat(64);
    const tags = ['v1', `sha256-${hex}`, `sha256-${hex}.sig`, `sha256-${hex}.att`, 'sha256-is-not-all'];
    expect(selectTags(tagSelection({ globs: ['*'], exclude: [] }), tags)).toEqual(['sha256-is-not-all', 'v1']);
  });
});
