import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildSource } from '../apt/format/sources-on-disk.ts';
import { buildDeb } from '../support/apt-archive.ts';
import { type AptClient, createAptClient } from '../support/apt-client.ts';
import { run } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

const TOOLS = ['apt-get', 'dpkg-deb', 'dpkg-source', 'dpkg-genchanges', 'gpg'];

describeWithTools(TOOLS, 'clients/apt, from a local repo', () => {
  let site: Site;
  let client: AptClient;
  let folder: string;

  beforeAll(async () => {
    site = await createSite();
    folder = join(site.root, 'packages');
    mkdirSync(folder);
    client = createAptClient(join(site.root, 'client'));
    site.configure('');
  });
  afterAll(() => site.close());

  const update = async (): Promise<void> => {
    const finished = await client.get('update');
    expect(finished.status).toBe(0);
    expect(finished.stdout + finished.stderr).not.toMatch(/^[WE]:/m);
  };

  it('installs what was added, sources too, and upgrades to what was added later', async () => {
    await site.ok('repo', 'create', 'local');
    await buildDeb(folder, { Package: 'hello', Version: '1:1.0-1', Depends: 'hello-data (= 1.0)' });
    await buildDeb(folder, { Package: 'hello-data', Version: '1.0', Architecture: 'all' });
    buildSource(folder, { name: 'hello-data', version: '1.0' });
    expect(await site.ok('repo', 'add', 'local', folder)).toBe(
      'added hello-data_1.0_source\nadded hello-data_1.0_all\nadded hello_1:1.0-1_amd64\nlocal has 3 packages\n',
    );
    const text = `repos:\n  local: { type: apt }\npublications:\n  site: { from: [local], distribution: stable }\n`;
    site.configure(text);
    await site.ok('publish', 'site');
    const server = await site.serve();
    client.sources((await site.client('site', 'apt', server.url)).replace(/^Types: deb$/m, 'Types: deb deb-src'));
    await update();
    expect(await client.get('install', '--download-only', 'hello')).toMatchObject({ status: 0 });
    const archives = join(client.root, 'var/cache/apt/archives');
    const fetched = readdirSync(archives).filter((name) => name.endsWith('.deb'));
    expect(fetched.sort()).toEqual(['hello-data_1.0_all.deb', 'hello_1%3a1.0-1_amd64.deb']);
    for (const name of fetched) execFileSync('dpkg-deb', ['--info', join(archives, name)], { stdio: 'ignore' });
    const build = join(site.root, 'source');
    mkdirSync(build);
    const env = { APT_CONFIG: join(client.root, 'apt.conf') };
    expect(await run('apt-get', ['source', 'hello-data'], { cwd: build, env })).toMatchObject({ status: 0 });
    expect(readdirSync(build).sort()).toEqual(['hello-data-1.0', 'hello-data_1.0.dsc', 'hello-data_1.0.tar.xz']);

    await buildDeb(folder, { Package: 'hello', Version: '1:1.0-2', Depends: 'hello-data (= 1.0)' });
    expect(await site.ok('repo', 'add', 'local', folder)).toContain('added hello_1:1.0-2_amd64\n');
    await site.ok('publish', 'site');
    await update();
    expect((await client.get('install', '--simulate', 'hello')).stdout).toContain('Inst hello (1:1.0-2 ');
    await site.ok('repo', 'remove', 'local', 'hello (= 1:1.0-2)');
    await site.ok('publish', 'site');
    await update();
    expect((await client.get('install', '--simulate', 'hello')).stdout).toContain('Inst hello (1:1.0-1 ');
  });

  it('refuses a package that breaks off, and keeps what there is', async () => {
    writeFileSync(join(folder, 'broken.deb'), '!<arch>\n');
    const refused = await site.mirror('repo', 'add', 'local', join(folder, 'broken.deb'));
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('broken.deb is an empty archive and no package (METADATA_INVALID)');
    expect(await site.json('repo', 'show', 'local', '--packages')).toMatchObject({ name: 'local', type: 'apt', packages: 3 });
  });
});
