import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateKey } from '../../src/openpgp/generate-key.ts';
import { adoptMachine } from '../../src/ops/adopt.ts';

const DEBIAN = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n';

describe('ops/adopt', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'mirror-adopt-'));
  });
  afterEach(async () => await rm(root, { recursive: true }));

  async function put(path: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  const adopt = async (aptConfig = '') => await adoptMachine({ root, aptConfig, architecture: 'x64' });
  const key = async () => await generateKey({ userId: 'Upstream', algorithm: 'ed25519', time: new Date(1_700_000_000_000) });

  it("reads apt's sources in its order, with the keys that each names, and leaves source packages out", async () => {
    await put('etc/os-release', DEBIAN);
    await put('etc/apt/sources.list', 'deb [signed-by=/usr/share/keyrings/a.gpg] http://a.example.org/u bookworm main\n');
    await put('etc/apt/sources.list.d/z.sources', 'Types: deb deb-src\nURIs: http://b.example.net/\nSuites: ./\nSigned-By: /k.asc\n');
    await put('etc/apt/sources.list.d/off.list.disabled', 'deb http://c.example.org/u s main\n');
    const adopted = await adopt('APT::Architecture "arm64";\n');
    expect(adopted).toMatchObject({ family: 'apt', name: 'bookworm', notices: [], certificateAuthorities: undefined, proxy: undefined });
    expect(adopted.mirrors).toEqual([
      {
        name: 'example-bookworm',
        value: {
          type: 'apt',
          url: 'http://a.example.org/u',
          suite: 'bookworm',
          components: ['main'],
          architectures: ['arm64'],
          keys: [join(root, 'usr/share/keyrings/a.gpg')],
        },
      },
      {
        name: 'example',
        value: { type: 'apt', url: 'http://b.example.net/', suite: './', architectures: ['arm64'], keys: [join(root, 'k.asc')] },
      },
    ]);
  });

  it('trusts the keyrings of the system where a source names none, and leaves out what is no key', async () => {
    const { publicKey, fingerprint } = await key();
    const other = await key();
    await put('etc/os-release', DEBIAN);
    await put('etc/apt/sources.list', `deb http://a.example.org/u s main\ndeb [signed-by=${fingerprint}] http://b.example.net/u t main\n`);
    await put('etc/apt/trusted.gpg.d/good.asc', publicKey + other.publicKey);
    await put('etc/apt/trusted.gpg.d/bad.asc', 'no key');
    await put('etc/apt/trusted.gpg.d/readme.txt', 'no key');
    const { mirrors, keyFiles, notices } = await adopt();
    expect(mirrors.map(({ value }) => value.keys)).toEqual([[join(root, 'etc/apt/trusted.gpg.d/good.asc')], ['keys/example-t.asc']]);
    expect([...keyFiles]).toEqual([['keys/example-t.asc', publicKey]]);
    expect(notices).toEqual([expect.stringContaining('bad.asc was left out')]);
  });

  it('trusts no other key where the one that a source is narrowed down to is not there', async () => {
    await put('etc/os-release', DEBIAN);
    const [fingerprint, path] = ['A'.repeat(40), '/usr/share/keyrings/gone.gpg'];
    await put(
      'etc/apt/sources.list',
      `deb [signed-by=${fingerprint}] http://a.example.org/u s main\ndeb [signed-by=${path},${fingerprint}] http://b.example.net/u t main\n`,
    );
    await put('etc/apt/trusted.gpg.d/good.asc', (await key()).publicKey);
    const { mirrors, keyFiles, notices } = await adopt();
    expect(mirrors.map(({ value }) => value.keys)).toEqual([[], []]);
    expect(keyFiles.size).toBe(0);
    expect(notices.filter((notice) => notice.includes(fingerprint))).toHaveLength(2);
  });

  it('writes keys that are inside a source to a file', async () => {
    const { publicKey } = await key();
    const block = publicKey
      .trimEnd()
      .split('\n')
      .map((line) => ` ${line === '' ? '.' : line}`)
      .join('\n');
    await put(
      'etc/apt/sources.list.d/a.sources',
      `Types: deb\nURIs: http://a.example.org/\nSuites: s\nComponents: c\nSigned-By:\n${block}\n`,
    );
    const { mirrors, keyFiles } = await adopt();
    expect(mirrors[0]?.value.keys).toEqual(['keys/example-s.asc']);
    expect(keyFiles.get('keys/example-s.asc')).toBe(publicKey);
  });

  it("heeds apt's settings", async () => {
    await put('opt/apt/my.list', 'deb [trusted=yes] http://a.example.org/u s main\n');
    const settings = [
      'Dir::Etc "/opt/apt";',
      'Dir::Etc::sourcelist "my.list";',
      'Acquire::Check-Valid-Until "false";',
      'Acquire::http::Proxy "http://proxy:3128";',
    ];
    const { mirrors, notices, proxy } = await adopt(settings.join('\n'));
    expect(mirrors[0]?.value).toMatchObject({ verify: [], allowExpired: true });
    expect(proxy).toBe('http://proxy:3128');
    expect(notices.join('\n')).toContain('Acquire::Check-Valid-Until is false');
    const secret = await adopt([...settings.slice(0, 2), 'Acquire::http::Proxy "http://u:secret@proxy:3128";'].join('\n'));
    expect(secret.proxy).toBeUndefined();
    expect(secret.notices.join()).toContain('password');
    expect(secret.notices.join()).not.toContain('secret@');
  });

  it("reads dnf's repositories where apt has none", async () => {
    await put('etc/os-release', 'ID="rocky"\nVERSION_ID="9.4"\n');
    await put('etc/pki/tls/certs/ca-bundle.crt', '');
    await put('etc/dnf/vars/stream', '9-stream\n');
    await put(
      'etc/yum.repos.d/b.repo',
      '[baseos]\nmirrorlist=https://a.example.org/list?a=$basearch&r=$releasever&s=$stream\ngpgcheck=1\ngpgkey=file:///etc/pki/k\n',
    );
    await put(
      'etc/yum.repos.d/c.repo',
      '[baseos]\nbaseurl=https://a.example.org/\nexclude=x\nsslclientcert=/etc/pki/c.pem\nsslclientkey=/etc/pki/k.pem\n',
    );
    await put('etc/dnf/dnf.conf', '[main]\ngpgcheck=1\nproxy=http://proxy:3128\n');
    await put('etc/yum.repos.d/c.repo.rpmsave', 'not read');
    const adopted = await adopt();
    expect(adopted).toMatchObject({
      family: 'yum',
      name: 'rocky-9',
      certificateAuthorities: join(root, 'etc/pki/tls/certs/ca-bundle.crt'),
    });
    expect(adopted.mirrors).toMatchObject([
      {
        name: 'baseos',
        value: {
          vars: { basearch: 'x86_64', releasever: '9', stream: '9-stream' },
          architectures: ['x86_64', 'noarch'],
          keys: [join(root, 'etc/pki/k')],
        },
      },
      { name: 'baseos-2', value: { clientCert: join(root, 'etc/pki/c.pem'), clientKey: join(root, 'etc/pki/k.pem') } },
    ]);
    expect(adopted.mirrors[1]?.value).not.toHaveProperty('filter');
    expect(adopted.notices).toContainEqual(expect.stringContaining('are not heeded'));
    expect(adopted.proxy).toBe('http://proxy:3128');
  });

  it('says so when there is nothing', async () => {
    await expect(adopt()).rejects.toMatchObject({ code: 'NOTHING_TO_ADOPT', hint: expect.stringContaining('mirror init') });
    await put('etc/apt/sources.list', 'deb cdrom:[x]/ s main\n');
    await expect(adopt()).rejects.toMatchObject({ hint: expect.stringContaining('cdrom:[x]/ was left out') });
  });

  it('says where a source is malformed', async () => {
    await put('etc/apt/sources.list', '\ndep http://x s main\n');
    await expect(adopt()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('line 2') });
  });
});
