import { describe, expect, it } from 'vitest';
import { parseSourceArgument } from '../../../src/oci/format/source-argument.ts';

const there = new Set(['bundle', 'odd:name.tar', 'localhost/app']);
const parse = (text: string) => parseSourceArgument(text, (path) => there.has(path));

describe('oci/format/source-argument', () => {
  it.each([
    ['oci-archive:app.tar', 'app.tar', undefined],
    ['oci-archive:app.tar:team/app:v1', 'app.tar', 'team/app'],
    ['docker-archive:odd:name.tar', 'odd:name.tar', undefined],
    ['oci:layout:app:v1', 'layout', 'app'],
    ['bundle', 'bundle', undefined],
    ['localhost/app', 'localhost/app', undefined],
    ['./app', './app', undefined],
    ['/srv/mke_bundle_v4.0.0.tar.gz', '/srv/mke_bundle_v4.0.0.tar.gz', undefined],
    ['images.yaml', 'images.yaml', undefined],
    ['list.txt', 'list.txt', undefined],
  ])('takes %s as the path %s', (text, path, name) => {
    const argument = parse(text);
    expect([argument.kind, argument.kind === 'file' && argument.path]).toEqual(['file', path]);
    expect(argument.kind === 'file' ? argument.name?.repository : '').toBe(name);
  });

  it.each([
    ['nginx:1.27', undefined, 'nginx', undefined],
    ['docker://quay.io/team/app:v1', 'quay.io', 'team/app', undefined],
    ['oci://registry.example.com/charts/app:1.0.0', 'registry.example.com', 'charts/app', undefined],
    ['http://127.0.0.1:5000/app:v1', '127.0.0.1:5000', 'app', 'http'],
    ['https://localhost/app:v1', 'localhost', 'app', 'https'],
    ['localhost:5000/app', 'localhost:5000', 'app', undefined],
  ])('takes %s as an image of %s', (text, host, repository, scheme) => {
    const argument = parse(text);
    expect(argument).toMatchObject({ kind: 'image', reference: { host, repository } });
    expect(argument.kind === 'image' ? argument.scheme : '').toBe(scheme);
  });

  it.each(['Not An Image', 'docker://', 'oci-archive:a.tar:NOT', 'team/app:v1:v2'])('refuses %s', (text) => {
    expect(() => parse(text)).toThrow(/names no image/);
  });
});
