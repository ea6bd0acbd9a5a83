import { describe, expect, it } from 'vitest';
import { type DestinationOptions, destinationOf } from '../../../src/oci/format/destination.ts';
import { parseReference } from '../../../src/oci/format/reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const to = (text: string, options: Partial<DestinationOptions> = {}): string =>
  destinationOf(parseReference(text), { convention: 'keep-host', ...options }).key;

describe('oci/format/destination', () => {
  it('keeps the whole name as KET does', () => {
    expect(to('gcr.io/google-containers/kube-proxy-amd64:v1.10.5')).toBe('gcr.io/google-containers/kube-proxy-amd64:v1.10.5');
    expect(to('nginx:stable-alpine')).toBe('nginx:stable-alpine');
    expect(to('nginx', { prefix: 'mke/images' })).toBe('mke/images/nginx:latest');
    expect(to('localhost:5000/a/b:1')).toBe('localhost_5000/a/b:1');
    expect(to('Registry.Example.com/a:1')).toBe('registry.example.com/a:1');
  });

  it('puts names under the project as the vendor loop does', () => {
    expect(to('team/app:v1.0', { convention: 'project', prefix: 'mke' })).toBe('mke/team/app:v1.0');
  });

  it('leaves the host out, and names those of Docker Hub as clients ask for them', () => {
    const options = { convention: 'strip-host' } as const;
    expect(to('gcr.io/google-containers/pause:3.0', options)).toBe('google-containers/pause:3.0');
    expect(to('nginx:1', options)).toBe('library/nginx:1');
    expect(to('registry-1.docker.io/nginx:1', { ...options, prefix: 'a' })).toBe('a/library/nginx:1');
    expect(to('bitnami/redis:1', options)).toBe('bitnami/redis:1');
  });

  it('takes the name that it is given', () => {
    expect(to('gcr.io/x/y:1', { as: 'ours/y', prefix: 'mke' })).toBe('mke/ours/y:1');
  });

  it('has no tag for what is named by digest alone', () => {
    expect(destinationOf(parseReference(`a@${DIGEST}`), { convention: 'keep-host' })).toEqual({
      repository: 'a',
      tag: undefined,
      key: `a@${DIGEST}`,
    });
    expect(to(`a:1@${DIGEST}`)).toBe('a:1');
  });

  it('refuses what gives no repository', () => {
    expect(() => to('[::1]:5000/a:1')).toThrow('which no repository can be called');
    expect(() => to('a:1', { prefix: 'UPPER' })).toThrow('which no repository can be called');
  });
});
