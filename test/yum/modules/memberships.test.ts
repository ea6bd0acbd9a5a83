import { describe, expect, it } from 'vitest';
import type { CandidateModule } from '../../../src/yum/modules/candidate-module.ts';
import { createMemberships } from '../../../src/yum/modules/memberships.ts';

const module = (name: string, stream: string, version = '1', isDefault = false): CandidateModule => ({
  ...{ name, stream, version, context: 'c', isDefault, requires: [] },
});

describe('yum/modules/memberships', () => {
  it('names each stream once, the default first', () => {
    const modules = [module('m', '8'), module('m', '8', '2'), module('m', '10', '1', true), module('n', '1.10')];
    const of = createMemberships();
    expect(of({ modules })).toEqual([
      { group: 'the module m', members: ['stream 10', 'stream 8'] },
      { group: 'the module n', members: ['stream 1.10'] },
    ]);
    expect(of({ modules })).toBe(of({ modules }));
    expect(of({})).toEqual([]);
  });
});
