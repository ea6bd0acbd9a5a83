import { describe, expect, it } from 'vitest';
import { nevraOf, publishedPackages } from '../../../../src/yum/format/repodata/published-packages.ts';

describe('yum/format/repodata/published-packages', () => {
  it('always states the epoch', () => {
    expect(nevraOf({ name: 'a-b', version: '1-2', architecture: 'noarch' })).toBe('a-b-0:1-2.noarch');
    expect(nevraOf({ name: 'a', version: '3:1-2', architecture: 'src' })).toBe('a-3:1-2.src');
  });

  it('knows names and whole labels', () => {
    const packages = publishedPackages([{ name: 'a', version: '1:2-3', architecture: 'x86_64' }]);
    expect([packages.hasName('a'), packages.hasName('b')]).toEqual([true, false]);
    expect([packages.has('a-1:2-3.x86_64'), packages.has('a-2-3.x86_64'), packages.has('a-1:2-3.i686')]).toEqual([true, false, false]);
  });
});
