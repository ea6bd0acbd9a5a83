import { describe, expect, it } from 'vitest';
import {
  completeReference,
  formatReference,
  isRegistryHost,
  isRepository,
  isTag,
  parseReference,
} from '../../../src/oci/format/reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('parseReference', () => {
  const good: readonly (readonly [string, object])[] = [
    ['nginx', { host: undefined, repository: 'nginx' }],
    ['nginx:stable-alpine', { host: undefined, repository: 'nginx', tag: 'stable-alpine' }],
    ['library/nginx', { host: undefined, repository: 'library/nginx' }],
    ['foo:5000', { host: undefined, repository: 'foo', tag: '5000' }],
    ['foo:5000/bar', { host: 'foo:5000', repository: 'bar' }],
    ['localhost/bar', { host: 'localhost', repository: 'bar' }],
    ['localhost', { host: undefined, repository: 'localhost' }],
    ['localhost:5000/bar:v1', { host: 'localhost:5000', repository: 'bar', tag: 'v1' }],
    ['gcr.io/google-containers/pause-amd64:3.0', { host: 'gcr.io', repository: 'google-containers/pause-amd64', tag: '3.0' }],
    ['h.example:8443/gcr.io/a/b/c/d:v1', { host: 'h.example:8443', repository: 'gcr.io/a/b/c/d', tag: 'v1' }],
    ['127.0.0.1:5000/a', { host: '127.0.0.1:5000', repository: 'a' }],
    ['[::1]:5000/a:b', { host: '[::1]:5000', repository: 'a', tag: 'b' }],
    [`a@${DIGEST}`, { host: undefined, repository: 'a', digest: DIGEST }],
    [`h.example/a:v1@${DIGEST}`, { host: 'h.example', repository: 'a', tag: 'v1', digest: DIGEST }],
    ['a_b/c__d/e-f/g--h/i.j', { host: undefined, repository: 'a_b/c__d/e-f/g--h/i.j' }],
    [`a:${'T'.repeat(128)}`, { host: undefined, repository: 'a', tag: 'T'.repeat(128) }],
    ['a'.repeat(255), { host: undefined, repository: 'a'.repeat(255) }],
    ['a/manifests/blobs/uploads', { host: undefined, repository: 'a/manifests/blobs/uploads' }],
  ];
  for (const [text, expected] of good) {
    it(`reads ${text.slice(0, 60)}, and writes it so`, () => {
      expect(parseReference(text)).toEqual(expected);
      expect(formatReference(parseReference(text))).toBe(text);
    });
  }

  const bad = [
    '',
    ' ',
    ':v1',
    'a:',
    'a@',
    'a//b',
    '/a',
    'a/',
    'a/../b',
    'a/./b',
    'A',
    'a/B',
    'Foo/bar',
    'a b',
    'a\n',
    'a:b:c',
    'a:-b',
    'a:.b',
    `a:${'t'.repeat(129)}`,
    'a:b/c:d/e',
    'a___b',
    'a-',
    'a_',
    '-a',
    'a..b/',
    'a@sha256:abcd',
    `a@sha256:${'A'.repeat(64)}`,
    'a@sha256:../../x',
    `a@${DIGEST}@${DIGEST}`,
    `${'a'.repeat(256)}`,
    `h.example/${'a'.repeat(250)}`,
    'h.example:123456/a',
    'h..example/a',
    '-h.example/a',
    'h_x.example/a',
    'http://h.example/a',
    'docker://h.example/a',
    'user@h.example/a',
    'h.example/%2e%2e/a',
    'a/ä',
    'h.example:80x/a',
  ];
  for (const text of bad) {
    it(`refuses "${text.slice(0, 60)}"`, () => {
      expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
    });
  }

  it('does not hang over hostile ones', () => {
    for (const text of [
      `${'a-'.repeat(200_000)}/b`,
      `${'a'.repeat(400_000)}.!/b`,
      `${'a_'.repeat(200_000)}`,
      `a:${'-'.repeat(400_000)}`,
      '@'.repeat(400_000),
    ])
      expect(() => parseReference(text)).toThrow();
    for (const text of [`${'a'.repeat(400_000)}!`, `${'a-'.repeat(200_000)}!`]) {
      expect(isRegistryHost(text)).toBe(false);
      expect(isRepository(text)).toBe(false);
      expect(isTag(text)).toBe(false);
    }
  });
});

describe('completeReference', () => {
  it('adds what docker adds', () => {
    const complete = (text: string): string => formatReference(completeReference(parseReference(text)));
    expect(complete('nginx')).toBe('docker.io/library/nginx:latest');
    expect(complete('docker.io/nginx:1')).toBe('docker.io/library/nginx:1');
    expect(complete('index.docker.io/library/nginx:1')).toBe('docker.io/library/nginx:1');
    expect(complete('team/app')).toBe('docker.io/team/app:latest');
    expect(complete('h.example/nginx')).toBe('h.example/nginx:latest');
    expect(complete(`nginx@${DIGEST}`)).toBe(`docker.io/library/nginx@${DIGEST}`);
    expect(complete(`nginx:1@${DIGEST}`)).toBe(`docker.io/library/nginx:1@${DIGEST}`);
  });
});
