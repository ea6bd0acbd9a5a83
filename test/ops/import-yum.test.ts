import { describe, expect, it } from 'vitest';
import { importYumRepos } from '../../src/ops/import-yum.ts';

const read = (text: string, vars: Record<string, string> = { releasever: '9', basearch: 'x86_64' }) =>
  importYumRepos(text, '/x/a.repo', { vars, taken: [] });

describe('ops/import-yum', () => {
  it('takes over repositories that are switched on, with the variables that they use', () => {
    const { mirrors, notices } = read(`
[docker-ce]
baseurl=https://a.example.org/$releasever/$basearch/
gpgcheck=1
gpgkey=https://a.example.org/gpg-$releasever file:///etc/pki/k
[off]
baseurl=https://a.example.org/
enabled=0
[meta]
metalink=https://a.example.org/metalink?repo=$releasever
mirrorlist=https://a.example.org/list
repo_gpgcheck=1
sslclientcert=/c.pem
sslclientkey=/k.pem
`);
    expect(notices).toEqual([]);
    expect(mirrors.map(({ name, value }) => ({ name, value }))).toEqual([
      {
        name: 'docker-ce',
        value: {
          type: 'yum',
          url: 'https://a.example.org/$releasever/$basearch/',
          vars: { releasever: '9', basearch: 'x86_64' },
          keys: ['https://a.example.org/gpg-9', '/etc/pki/k'],
          verify: ['packages'],
        },
      },
      {
        name: 'meta',
        value: {
          type: 'yum',
          metalink: 'https://a.example.org/metalink?repo=$releasever',
          vars: { releasever: '9' },
          verify: ['metadata', 'packages'],
          clientCert: '/c.pem',
          clientKey: '/k.pem',
        },
      },
    ]);
  });

  it('says what could not be taken over', () => {
    const { mirrors, notices } = read(
      '[a]\nbaseurl=http://a.example.org/$stream\ngpgcheck=0\nusername=u\npassword=secret\nproxy=http://p/\nsslverify=0\n[f]\nbaseurl=file:///mnt\n',
    );
    expect(mirrors.map(({ value }) => value.verify)).toEqual([[]]);
    expect(notices.join('\n')).toMatch(
      /has a password[\s\S]*proxy of its own[\s\S]*always checks[\s\S]*values for \$stream[\s\S]*not verified[\s\S]*\[f\] was left out/,
    );
    expect(notices.join()).not.toContain('secret');
  });
});
