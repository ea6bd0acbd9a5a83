import { describe, expect, it } from 'vitest';
import { entryAtPlaceOf, isWithin, type Place } from '../../src/ops/publication-places.ts';
import type { TreeEntry } from '../../src/store/generations.ts';

const entry = (path: string): TreeEntry => ({ path, blob: { sha256: 'a'.repeat(64), size: 1 }, modified: 0, permanence: 'fixed' });
const found = (other: Place, own: Place, ...paths: readonly string[]): string | undefined =>
  entryAtPlaceOf(other, paths.map(entry), own)?.path;
const at = (path: string, distribution?: string): Place => ({ path, distribution });

describe('ops/publication-places', () => {
  it('says which paths are within others', () => {
    expect(isWithin('/a/b', '/a')).toBe(true);
    expect(isWithin('/a', '/')).toBe(true);
    expect(isWithin('/a', '/a')).toBe(true);
    expect(isWithin('/ab', '/a')).toBe(false);
    expect(isWithin('/', '/a')).toBe(false);
  });

  it('finds a file below the path of another publication', () => {
    expect(found(at('/docker', 'stable'), at('/', 'xenial'), 'pool/a.deb', 'docker/x')).toBe('docker/x');
    expect(found(at('/docker'), at('/', 'xenial'), 'docker2/x', 'pool/docker/x')).toBeUndefined();
    expect(found(at('/', 'stable'), at('/docker', 'stable'), 'dists/stable/Release', 'pool/a.deb')).toBeUndefined();
  });

  it('finds a file in the distribution of another publication at the same path', () => {
    expect(found(at('/', 'b'), at('/', 'a'), 'dists/a/Release', 'dists/b/InRelease')).toBe('dists/b/InRelease');
    expect(found(at('/', 'b'), at('/', 'a'), 'dists/a/Release', 'dists/bb/Release', 'pool/dists/b/x')).toBeUndefined();
  });

  it('counts the inner of two directories', () => {
    const [outer, inner] = [at('/', 'stable'), at('/', 'stable/updates')];
    expect(found(outer, inner, 'dists/stable/updates/Release')).toBeUndefined();
    expect(found(inner, outer, 'dists/stable/Release', 'dists/stable/main/x')).toBeUndefined();
    expect(found(inner, outer, 'dists/stable/updates/x')).toBe('dists/stable/updates/x');
    expect(found(outer, outer, 'dists/stable/x')).toBeUndefined();
  });
});
