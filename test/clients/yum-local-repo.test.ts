import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDnfClient, type DnfClient } from '../support/dnf-client.ts';
import { type RunningServer, succeed } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { buildRpm, publishRpms, signRpms } from '../support/rpm-repository.ts';
import { createSite, type Site } from '../support/site.ts';

const TOOLS = ['dnf', 'createrepo_c', 'rpmbuild', 'rpmsign', 'rpmkeys', 'gpg'];

describeWithTools(TOOLS, 'clients/dnf, from a local repo', () => {
  let site: Site;
  let server: RunningServer;
  let client: DnfClient;
  let signer: string;
  let folder: string;

  beforeAll(async () => {
    site = await createSite();
    signer = site.gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign', 'Name-Real: Packager']);
    const key = join(site.root, 'key.asc');
    writeFileSync(key, site.gnupg.gpg(['--armor', '--export', signer]));
    const upstream = join(site.upstream, 'el');
    await buildRpm(upstream, { name: 'library', version: '2.0', preamble: ['Provides: library(x) = 2'] });
    await publishRpms(upstream, site.gnupg, signer, { signPackages: true });
    site.configure(`
mirrors: { el: { type: yum, url: "${site.server.url}el/", keys: ["${key}"] } }
repos:
  signed: { type: yum, keys: ["${key}"] }
  plain: { type: yum }
publications:
  ours: { from: [signed] }
  merged: { from: [el, signed] }
  unsigned: { from: [plain] }
`);
    await site.ok('sync');
    folder = join(site.root, 'packages');
    await buildRpm(folder, { name: 'tool', epoch: 1, preamble: ['Requires: library(x) >= 2', 'Recommends: tool-extras'] });
    await buildRpm(folder, {
      name: 'tool-extras',
      version: '1.0~rc1',
      files: ['/usr/bin/tool-extras', '/etc/tool.conf', '/srv/tool/data'],
    });
    client = createDnfClient(join(site.root, 'client'));
  }, 120_000);
  afterAll(() => site.close());

  it('refuses unsigned packages where there are keys, and what is of another family', async () => {
    const refused = await site.mirror('repo', 'add', 'signed', folder);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('tool-1.0-1.noarch.rpm is not signed');
    const foreign = join(site.root, 'x.deb');
    writeFileSync(foreign, '!<arch>\n');
    const wrong = await site.mirror('repo', 'add', 'signed', foreign);
    expect(wrong).toMatchObject({ status: 2 });
    expect(wrong.stderr).toContain('x.deb is a package of apt, and repo "signed" is one of yum');
    expect(await site.json('repo', 'show', 'signed')).toMatchObject({ packages: 0 });
  });

  it('installs what was added, checked by its signatures, beside a mirror too', { timeout: 120_000 }, async () => {
    await site.ok('repo', 'add', 'plain', folder);
    await signRpms(folder, site.gnupg, signer);
    expect(await site.ok('repo', 'add', 'signed', folder)).toBe(
      'added tool-1:1.0-1.noarch\nadded tool-extras-1.0~rc1-1.noarch\nsigned has 2 packages\n',
    );
    await site.ok('publish', 'ours', 'merged', 'unsigned');
    server = await site.serve();
    const files = await Promise.all(['ours', 'merged', 'unsigned'].map((name) => site.client(name, 'yum', server.url)));
    expect(files.map((text) => /^gpgcheck=(.)$/m.exec(text)?.[1])).toEqual(['1', '1', '0']);
    client.repositories(files.join('\n'));
    expect(await client.dnf('makecache')).toMatchObject({ status: 0 });
    const only = (name: string) => [`--repo=${name}`, '--quiet'];
    const installed = await client.dnf('--repo=merged', 'install', 'tool');
    expect(installed, installed.stderr).toMatchObject({ status: 0 });
    for (const label of ['library-2.0-1.noarch', 'tool-1:1.0-1.noarch', 'tool-extras-1.0~rc1-1.noarch'])
      expect(installed.stdout.slice(installed.stdout.indexOf('Installed:'))).toContain(label);
    const owner = await client.dnf(...only('ours'), 'repoquery', '--file', '/srv/tool/data');
    expect(owner.stdout.trim()).toBe('tool-extras-0:1.0~rc1-1.noarch');
    const changes = await client.dnf(...only('unsigned'), 'repoquery', '--location', 'tool');
    expect(changes.stdout.trim()).toBe(`${server.url}/unsigned/Packages/t/tool-1.0-1.noarch.rpm`);
    const missing = await client.dnf('--repo=ours', 'install', '--downloadonly', `--downloaddir=${join(site.root, 'down')}`, 'tool-extras');
    expect(missing.stdout).toContain('Nothing to do');
  });

  it('lists source packages with what they need, until they are removed', { timeout: 120_000 }, async () => {
    const sources = join(site.root, 'sources');
    mkdirSync(sources);
    const spec = join(site.root, 'source.spec');
    const text = 'Name: source\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\nBuildRequires: make >= 4\n%description\nd\n';
    writeFileSync(spec, text);
    await succeed('rpmbuild', ['-bs', '--quiet', '--define', `_topdir ${site.root}/build`, '--define', `_srcrpmdir ${sources}`, spec]);
    expect(await site.ok('repo', 'add', 'plain', sources)).toContain('added source-1-1.src\n');
    await site.ok('publish', 'unsigned');
    await client.dnf('--repo=unsigned', 'clean', 'expire-cache');
    const query = ['repoquery', '--qf', '%{name}-%{epoch}:%{version}-%{release}.%{arch}', '--repo=unsigned', '--quiet'];
    const listed = (await client.dnf(...query)).stdout.trim().split('\n').sort();
    expect(listed).toEqual(['source-0:1-1.src', 'tool-1:1.0-1.noarch', 'tool-extras-0:1.0~rc1-1.noarch']);
    const needed = await client.dnf('--repo=unsigned', '--quiet', 'repoquery', '--requires', 'source.src');
    expect(needed.stdout.trim()).toBe('make >= 4');
    await site.ok('repo', 'remove', 'plain', 'source');
    expect(await site.json('repo', 'show', 'plain')).toMatchObject({ packages: 2 });
    expect(readdirSync(sources)).toEqual(['source-1-1.src.rpm']);
  });
});
