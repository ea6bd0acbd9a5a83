import { describe, expect, it } from 'vitest';
import { packageRecord, packageUrls, readCandidate } from '../../src/apt/candidate.ts';
import { parseStanzas } from '../../src/apt/format/deb822.ts';
import { baseUrls, releaseDirectory } from '../../src/apt/urls.ts';
import { aptConfig, stanza } from './archive.ts';

function candidate(location: string) {
  const [parsed] = parseStanzas(Buffer.from(stanza('a', { Filename: location })), 'test');
  if (parsed === undefined) throw new Error('no stanza');
  return readCandidate(parsed, { mirror: 'm', component: 'main', what: 'test' });
}

describe('apt/urls', () => {
  it('makes base URLs end in a slash, and knows where PPAs are', () => {
    expect(baseUrls('m', aptConfig({ url: ['http://a/x', 'http://b/y/'] }))).toEqual(['http://a/x/', 'http://b/y/']);
    expect(baseUrls('m', aptConfig({ url: undefined, ppa: 'gluster/glusterfs-3.8' }))).toEqual([
      'https://ppa.launchpadcontent.net/gluster/glusterfs-3.8/ubuntu/',
    ]);
    expect(() => baseUrls('m', aptConfig({ url: undefined }))).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('finds the directory of the Release', () => {
    expect(['stable', 'wheezy/updates', './', '/', 'x/y/'].map((suite) => releaseDirectory('m', suite))).toEqual([
      'dists/stable/',
      'dists/wheezy/updates/',
      '',
      '',
      'x/y/',
    ]);
    expect(() => releaseDirectory('m', '../x')).toThrow(expect.objectContaining({ code: 'PATH_UNSAFE' }));
  });

  it('escapes what a URL cannot have as it is', () => {
    expect(packageUrls(candidate('./pool/g/g++_1%3a2~rc+b1 x#?.deb'), ['http://a/', 'http://b/'])).toEqual([
      'http://a/pool/g/g%2B%2B_1%253a2~rc%2Bb1%20x%23%3F.deb',
      'http://b/pool/g/g%2B%2B_1%253a2~rc%2Bb1%20x%23%3F.deb',
    ]);
  });

  it.each(['../../etc/passwd', '/etc/passwd', 'pool/../../x', 'a\\b', 'a\u0001b'])('refuses a Filename of %j', (location) => {
    const file = { sha256: 'a'.repeat(64), size: 1 };
    const refusal = expect.objectContaining({ code: 'PATH_UNSAFE', message: expect.stringContaining('package a_1.0-1_amd64') });
    expect(() => packageUrls(candidate(location), ['http://a/'])).toThrow(refusal);
    expect(() => packageRecord(candidate(location), file, [])).toThrow(refusal);
  });
});
