import { describe, expect, it } from 'vitest';
import type { YumCandidate } from '../../../src/yum/candidate.ts';
import { moduleConflicts } from '../../../src/yum/modules/conflicts.ts';

const candidate = (name: string, ...streams: readonly string[]): YumCandidate => ({
  ...{ mirror: 'm', name, version: '1-1', architecture: 'noarch', location: `${name}.rpm`, base: undefined, size: 1, checksums: [] },
  ...{ element: Buffer.alloc(0), filelists: undefined },
  modules:
    streams.length === 0
      ? undefined
      : streams.map((text) => {
          const [module = '', stream = ''] = text.split(':');
          return { name: module, stream, version: '1', context: 'c', isDefault: false, requires: [] };
        }),
});

describe('yum/modules/conflicts', () => {
  const all = [
    candidate('none'),
    candidate('a', 'm:1'),
    candidate('b', 'm:1'),
    candidate('c', 'm:2'),
    candidate('d', 'm:1', 'm:2', 'n:1'),
    candidate('e', 'n:2'),
  ];
  const conflictsOf = moduleConflicts([...all, { ...candidate('source', 'm:2'), architecture: 'src' }]);
  const names = (index: number): string[] =>
    all[index] === undefined ? [] : conflictsOf(all[index]).map((conflict) => conflict.with.name);

  it('excludes the packages of other streams', () => {
    expect(all.map((_, index) => names(index))).toEqual([[], ['c'], ['c'], ['a', 'b'], ['e'], ['d']]);
  });

  it('says why', () => {
    expect(all[1] === undefined ? [] : conflictsOf(all[1]).map(({ text }) => text)).toEqual(['is of another stream of the module m']);
  });

  it('gives packages of one stream the same list', () => {
    const [, a, b] = all;
    if (a === undefined || b === undefined) throw new Error('missing');
    expect(conflictsOf(a)).toBe(conflictsOf(b));
  });
});
