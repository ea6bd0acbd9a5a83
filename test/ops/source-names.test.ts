import { describe, expect, it } from 'vitest';
import { NAME_PATTERN } from '../../src/core/names.ts';
import { slug, sourceName, uniqueNames } from '../../src/ops/source-names.ts';

describe('ops/source-names', () => {
  it.each([
    ['http://archive.ubuntu.com/ubuntu', 'jammy', 'ubuntu-jammy'],
    ['http://security.ubuntu.com/ubuntu/', 'jammy-security', 'ubuntu-jammy-security'],
    ['https://download.docker.com/linux/ubuntu', 'xenial', 'docker-xenial'],
    ['https://packages.cloud.google.com/apt', 'cloud-sdk', 'google-cloud-sdk'],
    ['http://ppa.launchpad.net/gluster/glusterfs-3.8/ubuntu', 'xenial', 'gluster-glusterfs-3.8-xenial'],
    ['https://pkgs.k8s.io/core:/stable:/v1.31/deb/', '/', 'k8s'],
    ['http://127.0.0.1:8080/deb', './', 'deb'],
    ['http://archive.example.org/a', 'buster/updates', 'example-buster-updates'],
    ['http://10.0.0.1/', './', 'upstream'],
  ])('names %s %s %s', (uri, suite, name) => {
    expect(sourceName(uri, suite)).toBe(name);
    expect(name).toMatch(NAME_PATTERN);
  });

  it('makes names of any text', () => {
    expect([slug('EPEL 9 (x86_64)'), slug('--a__'), slug('///')]).toEqual(['epel-9-x86_64', 'a', '']);
  });

  it('gives no name twice', () => {
    expect(uniqueNames([['a', 'x-a'], ['a', 'x-a'], ['a', 'x-a'], ['a']], ['b'])).toEqual(['a', 'x-a', 'a-2', 'a-3']);
    expect(uniqueNames([['b']], ['b'])).toEqual(['b-2']);
  });
});
