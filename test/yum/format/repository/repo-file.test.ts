import { describe, expect, it } from 'vitest';
import { isMirrorError } from '../../../../src/core/errors.ts';
import { parseRepoFile } from '../../../../src/yum/format/repository/repo-file.ts';

const EXAMPLE = `# a comment
[main]
gpgcheck=1

[base]
name=CentOS-$releasever - Base
baseurl=http://a.example/$releasever/os/$basearch/
        http://b.example/centos/,http://c.example/
#mirrorlist=http://no.example/
enabled = 0
gpgcheck=yes
repo_gpgcheck=True
gpgkey=file:///etc/pki/rpm-gpg/A
 file:///etc/pki/rpm-gpg/B

; another
[updates]
METALINK=https://m.example/metalink?repo=updates&arch=$basearch
username=me
password=secret
sslverify=0
`;

describe('yum/format/repository/repo-file', () => {
  it('reads sections, lists, continuation lines and flags', () => {
    const [base, updates, ...rest] = parseRepoFile(EXAMPLE, 'x.repo');
    expect(rest).toEqual([]);
    expect(base).toMatchObject({
      id: 'base',
      name: 'CentOS-$releasever - Base',
      baseurl: ['http://a.example/$releasever/os/$basearch/', 'http://b.example/centos/', 'http://c.example/'],
      enabled: false,
      gpgcheck: true,
      repoGpgcheck: true,
      gpgkey: ['file:///etc/pki/rpm-gpg/A', 'file:///etc/pki/rpm-gpg/B'],
      sslverify: true,
      hasPassword: false,
    });
    expect(base?.mirrorlist).toBeUndefined();
    expect(updates).toMatchObject({
      id: 'updates',
      name: 'updates',
      baseurl: [],
      metalink: 'https://m.example/metalink?repo=updates&arch=$basearch',
      enabled: true,
      gpgcheck: undefined,
      repoGpgcheck: false,
      sslverify: false,
      username: 'me',
      hasPassword: true,
    });
    expect(JSON.stringify(updates)).not.toContain('secret');
  });

  it('takes CRLF and a byte order mark', () => {
    expect(parseRepoFile('\uFEFF[a]\r\nbaseurl=http://h/\r\n', 'x.repo')).toMatchObject([{ id: 'a', baseurl: ['http://h/'] }]);
  });

  it.each([
    ['baseurl=http://h/\n', 'x.repo:1: a key before'],
    ['[a]\nnonsense\n', 'x.repo:2: expected'],
    ['[a]\n  http://h/\n', 'x.repo:2: a continuation'],
    ['[a]\nenabled=perhaps\n', 'x.repo:2: [a] enabled'],
  ])('refuses %j', (text, message) => {
    let thrown: unknown;
    try {
      parseRepoFile(text, 'x.repo');
    } catch (error) {
      thrown = error;
    }
    expect(isMirrorError(thrown, 'CONFIG_INVALID')).toBe(true);
    expect((thrown as Error).message).toContain(message);
  });
});
