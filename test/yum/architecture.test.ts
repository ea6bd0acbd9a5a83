import { describe, expect, it } from 'vitest';
import { architectureFamily, isSamePlace, machineArchitectures } from '../../src/yum/architecture.ts';

describe('yum/architecture', () => {
  it('knows which packages go together on a machine', () => {
    expect(['i386', 'i686', 'x86_64', 'x86_64_v2'].map(architectureFamily)).toEqual(['x86', 'x86', 'x86', 'x86']);
    expect(['noarch', 'src', 'nosrc', 'aarch64'].map(architectureFamily)).toEqual([undefined, undefined, undefined, 'aarch64']);
  });

  it.each<[string, string, boolean]>([
    ['x86_64', 'x86_64', true],
    ['x86_64', 'noarch', true],
    ['noarch', 'i686', true],
    ['x86_64', 'i686', false],
    ['i586', 'i686', true],
    ['aarch64', 'x86_64', false],
    ['s390', 's390x', false],
  ])('%s and %s are in one place: %s', (one, other, expected) => {
    expect(isSamePlace(one, other)).toBe(expected);
    expect(isSamePlace(other, one)).toBe(expected);
  });

  it('tells machines apart, if there are several', () => {
    expect(machineArchitectures(['i686', 'noarch', 'x86_64'])).toEqual([]);
    expect(machineArchitectures(['aarch64', 'i686', 'x86_64'])).toEqual([['aarch64'], ['x86_64', 'i686']]);
  });
});
