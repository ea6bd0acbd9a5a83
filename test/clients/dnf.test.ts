import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDnfClient, type DnfClient } from '../support/dnf-client.ts';
import type { RunningServer } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { buildRpm, publishRpms } from '../support/rpm-repository.ts';
import { createSite, type Site } from '../support/site.ts';

describeWithTools(['dnf', 'rpmbuild', 'rpmsign', 'createrepo_c', 'gpg'], 'clients/dnf', () => {
  let site: Site;
  let server: RunningServer;
  let client: DnfClient;
  let signer: string;

  const configure = (filter: string, more = ''): void =>
    site.configure(`
mirrors:
  test: { type: yum, url: "${site.server.url}", keys: ["${join(site.upstream, 'key.asc')}"], filter: "${filter}", withDeps: true ${more}}
publications:
  site: { from: [test] }
`);

  beforeAll(async () => {
    site = await createSite();
    signer = site.gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign', 'Name-Real: Test packager']);
    writeFileSync(join(site.upstream, 'key.asc'), site.gnupg.gpg(['--armor', '--export', signer]));
    for (const spec of [
      { name: 'libfoo++', version: '2.0~rc1^20260101git', release: '1.el9', epoch: 1, preamble: ['Provides: libfoo-api = 2'] },
      { name: 'foo', preamble: ['Requires: libfoo-api >= 2', 'Requires: /usr/libexec/site-tool', 'Requires: (bar or baz)'] },
      { name: 'tools', files: ['/usr/libexec/site-tool'] },
      { name: 'bar' },
      { name: 'unrelated' },
    ]) {
      await buildRpm(site.upstream, spec);
    }
    await publishRpms(site.upstream, site.gnupg, signer, { signPackages: true });
    client = createDnfClient(join(site.root, 'client'));
    configure('fo?');
    await site.ok('sync');
    await site.ok('publish', 'site');
    server = await site.serve();
    client.repositories(await site.client('site', 'yum', server.url));
  }, 120_000);
  afterAll(() => site.close());

  it('tells clients to check the signatures of metadata and packages', async () => {
    const text = await site.client('site', 'yum', server.url);
    expect(text).toMatch(/^gpgcheck=1$/m);
    expect(text).toMatch(/^repo_gpgcheck=1$/m);
  });

  it('downloads a package with everything that it needs, and checks it', async () => {
    const makecache = await client.dnf('makecache');
    expect(makecache).toMatchObject({ status: 0 });
    expect(await client.dnf('install', '--downloadonly', 'foo')).toMatchObject({ status: 0 });
  });

  it('installs the package, with every signature checked', async () => {
    const install = await client.dnf('install', 'foo');
    expect(install.stdout).toContain('Complete!');
    expect(install).toMatchObject({ status: 0 });
  });

  it('publishes what was asked for with its dependencies and nothing else', async () => {
    const { stdout } = await client.dnf('--quiet', 'repoquery', '--qf', '%{name}-%{epoch}:%{version}-%{release}.%{arch}');
    expect(stdout.trim().split('\n').sort()).toEqual([
      'bar-0:1.0-1.noarch',
      'foo-0:1.0-1.noarch',
      'libfoo++-1:2.0~rc1^20260101git-1.el9.noarch',
      'tools-0:1.0-1.noarch',
    ]);
  });

  it('keeps files and changelogs', async () => {
    expect((await client.dnf('--quiet', 'repoquery', '--list', 'tools')).stdout).toContain('/usr/libexec/site-tool');
  });

  it('refuses a package that was signed by nobody', async () => {
    await buildRpm(site.upstream, { name: 'unsigned' });
    await publishRpms(site.upstream, site.gnupg, signer);
    configure('foo | unsigned');
    const { status, stdout } = await site.mirror('sync', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ mirrors: [{ status: 'failed', packages: 4, error: { code: 'PACKAGE_UNSIGNED' } }] });
    expect(await site.json('publish', 'site')).toMatchObject({ publications: [{ status: 'unchanged' }] });
  });

  it('shows what was taken unverified as unverified, until every package of it is verified', async () => {
    configure('foo | unsigned', ', verify: []');
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'updated', packages: 5, verified: false }] });
    await site.ok('publish', 'site');
    expect(await site.client('site', 'yum', server.url)).toContain('gpgcheck=0');

    configure('foo | unsigned');
    for (let attempt = 1; attempt <= 2; attempt++) {
      const { stdout } = await site.mirror('sync', '--json');
      expect(JSON.parse(stdout)).toMatchObject({
        mirrors: [{ status: 'failed', packages: 5, verified: false, error: { code: 'PACKAGE_UNSIGNED' } }],
      });
      await site.ok('publish', 'site');
      expect(await site.json('publish', 'list')).toMatchObject([{ verified: false }]);
      expect(await site.json('list')).toMatchObject([{ verified: { metadata: false, packages: false } }]);
    }

    configure('foo');
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'updated', packages: 4, verified: true }] });
    await site.ok('publish', 'site');
    expect(await site.client('site', 'yum', server.url)).toMatch(/^gpgcheck=1$/m);
  });
});
