import { describe, expect, it } from 'vitest';
import { importYumRepos } from '../../src/ops/import-yum.ts';
import { matcher } from '../../src/query/matcher.ts';
import { parseQuery } from '../../src/query/parse.ts';
import { compareVersions } from '../../src/yum/format/version.ts';

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

  const one = (text: string, vars?: Record<string, string>) => {
    const { mirrors, notices } = read(`[a]\ngpgkey=/k\n${text}`, vars);
    return { value: mirrors[0]?.value, notices };
  };

  it.each([
    ['includepkgs=kubelet kubeadm,kube*', 'Name (kubelet) | Name (kubeadm) | Name (% kube*)'],
    ['exclude=kernel*', '!(Name (% kernel*))'],
    ['excludepkgs=*.i686 foo.src', '!(Architecture (i686) | (Name (foo), Architecture (src)))'],
    ['includepkgs=a\nexcludepkgs=b', 'Name (a), !(Name (b))'],
    ['includepkgs=a b\n c', 'Name (a) | Name (b) | Name (c)'],
    ['includepkgs=[ab]? gtk+\nexclude=x', '(Name (% "[ab]?") | Name (gtk+)), !(Name (x))'],
  ])('makes a filter of %j', (text, filter) => {
    const { notices, value } = one(`baseurl=http://h/\n${text}`);
    expect(value).toMatchObject({ filter });
    expect(notices).toEqual([expect.stringContaining('became the filter')]);
    const matches = matcher(parseQuery(filter), compareVersions);
    expect(matches).toBeTypeOf('function');
  });

  it('does not take a password out of an address, but who it is for', () => {
    const { notices, value } = one('baseurl=https://user:secret@h/x https://h2/\n');
    expect(value).toMatchObject({ url: ['https://h/x', 'https://h2/'], username: 'user' });
    expect(notices).toEqual([expect.stringContaining('passwordFile')]);
    expect(JSON.stringify([value, notices])).not.toContain('secret');
  });

  it('takes the addresses that can be used, and a mirror list that is a metalink for one', () => {
    expect(one('baseurl=ftp://h/ http://a/\n file:///mnt')).toMatchObject({
      value: { url: 'http://a/' },
      notices: [expect.stringContaining('ftp://h/, file:///mnt')],
    });
    expect(one('mirrorlist=https://m/metalink?repo=x\nbaseurl=http://a/').value).toMatchObject({ metalink: 'https://m/metalink?repo=x' });
    expect(one('mirrorlist=https://m/list\nproxy=_none_')).toMatchObject({ value: { mirrorlist: 'https://m/list' }, notices: [] });
  });

  it('asks for values of variables that have none', () => {
    expect(one(`baseurl=http://h/$releasever/$basearch/\${a:-b}`, {}).notices).toEqual([
      expect.stringMatching(/values for \$releasever: set vars/),
    ]);
    expect(one('baseurl=http://h/$releasever/$basearch/', { releasever: '9' })).toMatchObject({
      value: { vars: { releasever: '9' } },
      notices: [],
    });
  });
});
