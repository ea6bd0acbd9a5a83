import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AptArchive, buildDeb, createAptArchive } from '../support/apt-archive.ts';
import { type AptClient, createAptClient } from '../support/apt-client.ts';
import type { RunningServer } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

describeWithTools(['apt-get', 'dpkg-deb', 'gpg'], 'clients/apt', () => {
  let site: Site;
  let archive: AptArchive;
  let client: AptClient;
  let server: RunningServer;
  const debs: string[] = [];

  beforeAll(async () => {
    site = await createSite();
    archive = createAptArchive(site.upstream, site.gnupg);
    for (const spec of [
      { Package: 'libfoo++1', Version: '1:2.0~rc1+b1-1' },
      { Package: 'foo', Version: '3.0+dfsg~1-2', Depends: 'libfoo++1 (>= 1:2.0~rc1), awk-like, missing-one | common:any' },
      { Package: 'gawk-like', Provides: 'awk-like' },
      { Package: 'common', Architecture: 'all', 'Multi-Arch': 'allowed' },
      { Package: 'unrelated' },
    ]) {
      debs.push(await buildDeb(site.root, spec));
    }
    await archive.publish(debs);
    site.configure(`
mirrors:
  test: { type: apt, url: "${site.server.url}", suite: stable, architectures: [amd64], keys: ["${archive.key}"], filter: "fo? | nothing-else (>= 9)", withDeps: true }
publications:
  site: { from: [test], distribution: stable }
`);
    client = createAptClient(join(site.root, 'client'));
  });
  afterAll(() => site.close());

  it('refuses a filter that names a package which does not exist, and says which are near', async () => {
    const { status, stderr } = await site.mirror('sync');
    expect(status).toBe(1);
    expect(stderr).toContain('nothing-else');
  });

  it('installs everything from a publication whose names have +, ~ and an epoch', async () => {
    site.configure(`
mirrors:
  test: { type: apt, url: "${site.server.url}", suite: stable, architectures: [amd64], keys: ["${archive.key}"], filter: "fo?", withDeps: true }
publications:
  site: { from: [test], distribution: stable }
`);
    await site.ok('sync');
    await site.ok('publish', 'site');
    server = await site.serve();
    client.sources(await site.client('site', 'apt', server.url));
    const update = await client.get('update');
    expect(update).toMatchObject({ status: 0 });
    expect(update.stdout + update.stderr).not.toMatch(/^[WE]:/m);
    expect(await client.get('install', '--download-only', 'foo')).toMatchObject({ status: 0 });
    const archives = readdirSync(join(client.root, 'var/cache/apt/archives')).filter((name) => name.endsWith('.deb'));
    expect(archives.sort()).toEqual([
      'common_1.0-1_all.deb',
      'foo_3.0+dfsg~1-2_amd64.deb',
      'gawk-like_1.0-1_amd64.deb',
      'libfoo++1_1%3a2.0~rc1+b1-1_amd64.deb',
    ]);
  });

  it('has left out what nothing asked for', async () => {
    expect((await client.get('install', '--simulate', 'unrelated')).stderr).toContain('Unable to locate package unrelated');
  });

  it('lets apt fetch indexes by hash', async () => {
    const fresh = createAptClient(join(site.root, 'fresh-client'));
    fresh.sources(await site.client('site', 'apt', server.url));
    const { stdout, stderr } = await fresh.get('update', '-o', 'Debug::Acquire::http=true');
    expect(stdout + stderr).toMatch(/GET \/site\/dists\/stable\/main\/binary-amd64\/by-hash\/SHA256\//);
  });

  it('gives a client what the upstream has newly after another sync and publish', async () => {
    debs.push(await buildDeb(site.root, { Package: 'foo', Version: '3.1-1', Depends: 'libfoo++1' }));
    await archive.publish(debs.filter((path) => !path.includes('/foo_3.0')));
    await site.ok('sync');
    await site.ok('publish', 'site');
    expect(await client.get('update')).toMatchObject({ status: 0 });
    expect((await client.get('install', '--simulate', 'foo')).stdout).toContain('Inst foo (3.1-1');
  });

  it('does nothing when nothing has changed, and fetches no more than InRelease', async () => {
    site.server.requests.length = 0;
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ name: 'test', status: 'unchanged' }] });
    expect(site.server.requests).toEqual(['/dists/stable/InRelease']);
    expect(await site.json('publish', 'site')).toMatchObject({ publications: [{ name: 'site', status: 'unchanged', generation: 2 }] });
  });

  it('goes back to an earlier generation, which clients accept, and forward again', async () => {
    expect(await site.json('publish', 'site', '--generation', '1')).toMatchObject({
      publications: [{ status: 'published', generation: 3 }],
    });
    expect(await client.get('update')).toMatchObject({ status: 0 });
    expect((await client.get('install', '--simulate', 'foo')).stdout).toContain('Inst foo (3.0+dfsg~1-2');

    expect(await site.json('publish', 'site')).toMatchObject({ publications: [{ status: 'published', generation: 4 }] });
    expect(await client.get('update')).toMatchObject({ status: 0 });
    expect((await client.get('install', '--simulate', 'foo')).stdout).toContain('Inst foo (3.1-1');
  });

  it('says which generations there are when another is asked for', async () => {
    const { status, stderr } = await site.mirror('publish', 'site', '--generation', '9');
    expect(status).toBe(1);
    expect(stderr).toMatch(/has no generation 9/);
    expect(stderr).toMatch(/There are: 4, 3, 2, 1\./);
  });
});
