import { describe, expect, it } from 'vitest';
import { repositoriesFor } from '../../../src/serve/registry/namespaces.ts';

describe('serve/registry/namespaces', () => {
  it.each([
    ['team/app', null, ['team/app']],
    ['team/app', 'quay.io', ['quay.io/team/app', 'team/app']],
    ['library/nginx', 'docker.io', ['docker.io/library/nginx', 'docker.io/nginx', 'library/nginx', 'nginx']],
    ['library/nginx', 'quay.io', ['quay.io/library/nginx', 'library/nginx']],
    ['app', 'registry.example.com:5000', ['app']],
    ['app', '../..', ['app']],
  ])('looks for %s of %s', (repository, namespace, expected) => {
    expect(repositoriesFor(repository, namespace)).toEqual(expected);
  });
});
