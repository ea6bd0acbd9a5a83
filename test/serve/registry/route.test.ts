import { describe, expect, it } from 'vitest';
import { isRegistryTarget, parseRegistryTarget } from '../../../src/serve/registry/route.ts';

const digest = `sha256:${'0'.repeat(64)}`;

describe('serve/registry/route', () => {
  it.each([
    ['/v2', true],
    ['/v2/', true],
    ['/v2?x', true],
    ['/v2/a/tags/list', true],
    ['/v20', false],
    ['/x/v2/', false],
  ])('knows whether %s is the registry', (target, expected) => {
    expect(isRegistryTarget(target)).toBe(expected);
  });

  it.each([
    ['/v2', { kind: 'ping' }],
    ['/v2/', { kind: 'ping' }],
    ['/v2/?x=y', { kind: 'ping' }],
    ['/v2/_catalog', { kind: 'catalog' }],
    ['/v2/token', { kind: 'token' }],
    ['/v2/a/tags/list', { kind: 'tags', repository: 'a' }],
    ['/v2/a/b/manifests/v1', { kind: 'manifest', repository: 'a/b', reference: 'v1' }],
    ['/v2/manifests/manifests/manifests', { kind: 'manifest', repository: 'manifests', reference: 'manifests' }],
    [`/v2/blobs/blobs/${digest}`, { kind: 'blob', repository: 'blobs', digest }],
    [`/v2/a/blobs/${digest.replace(':', '%3A')}`, { kind: 'blob', repository: 'a', digest }],
    [`/v2/a/referrers/${digest}`, { kind: 'referrers', repository: 'a', digest }],
    ['/v2/a/blobs/uploads', { kind: 'uploads', repository: 'a' }],
    ['/v2/a/blobs/uploads/', { kind: 'uploads', repository: 'a' }],
    ['/v2/blobs/uploads/blobs/uploads/', { kind: 'uploads', repository: 'blobs/uploads' }],
    ['/v2/a/blobs/uploads/id', { kind: 'upload', repository: 'a', id: 'id' }],
    ['/v2/a/tags/manifests/list', { kind: 'manifest', repository: 'a/tags', reference: 'list' }],
    ['/v2/a%2Fb/tags/list', { kind: 'tags', repository: 'a/b' }],
    ['/v2/a/tags/other', undefined],
    ['/v2/a/manifests/', undefined],
    ['/v2/manifests/v1', undefined],
    ['/v2/blobs/uploads/', undefined],
    ['/v2//', undefined],
    ['/v2/_catalog/', undefined],
  ])('reads %s', (target, route) => {
    expect(parseRegistryTarget(target)?.route).toEqual(route);
  });

  it.each(['/v2/%', '/v2/%zz', '/v2/%ff'])('cannot read %s', (target) => {
    expect(parseRegistryTarget(target)).toBeUndefined();
  });

  it('reads the query, in which a plus sign is one', () => {
    const query = parseRegistryTarget('/v2/a/referrers/x?artifactType=application/vnd.a+json&last=sha256%3Ax#part')?.query;
    expect([query?.get('artifactType'), query?.get('last')]).toEqual(['application/vnd.a+json', 'sha256:x']);
  });
});
