import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AptArchive, buildDeb, createAptArchive } from '../support/apt-archive.ts';
import { type AptClient, createAptClient } from '../support/apt-client.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

describeWithTools(['apt-get', 'dpkg-deb', 'gpg'], 'clients/apt-snapshots', () => {
  let site: Site;
  let archive: AptArchive;
  let client: AptClient;
  beforeAll(async () => {
    site = await createSite();
    archive = createAptArchive(site.upstream, site.gnupg);
    site.configure(`
mirrors:
  test: { type: apt, url: "${site.server.url}", suite: stable, keys: ["${archive.key}"] }
publications:
  site: { from: [test] }
`);
    client = createAptClient(join(site.root, 'client'));
  }, 60_000);
  afterAll(() => site.close());

  const release = async (version: string): Promise<void> => {
    const specs = [
      { Package: 'app', Version: version, Depends: `lib (= ${version})` },
      { Package: 'lib', Version: version },
      { Package: 'tool', Version: version },
    ];
    const debs: string[] = [];
    for (const spec of specs) debs.push(await buildDeb(site.root, spec));
    await archive.publish(debs);
    await site.ok('sync');
  };
  /** What apt would install, as `name version`. */
  const installs = async (...names: readonly string[]): Promise<string[]> => {
    const update = await client.get('update');
    expect(update).toMatchObject({ status: 0, stderr: '' });
    const { stdout } = await client.get('install', '--simulate', ...names);
    return [...stdout.matchAll(/^Inst (\S+) \((\S+)/gm)].map(([, name, version]) => `${name} ${version}`).sort();
  };

  it('freezes a mirror, promotes a snapshot with one fix, and goes back, as apt sees it', async () => {
    await release('1.0');
    await site.ok('snapshot', 'create', 'january', '--from', 'test');
    await release('2.0');
    await site.ok('snapshot', 'create', 'february', '--from', 'test');
    await site.ok('publish', 'site', '--snapshot', 'january');
    const server = await site.serve();
    client.sources(await site.client('site', 'apt', server.url));
    expect(await installs('app', 'tool')).toEqual(['app 1.0', 'lib 1.0', 'tool 1.0']);

    await site.ok('snapshot', 'pull', 'january', 'february', 'fixed', 'app');
    await site.ok('publish', 'site', '--snapshot', 'fixed');
    expect(await installs('app', 'tool')).toEqual(['app 2.0', 'lib 2.0', 'tool 1.0']);
    expect(await client.get('install', '--download-only', 'app', 'tool')).toMatchObject({ status: 0 });

    await site.ok('publish', 'site', '--snapshot', 'january');
    expect(await installs('app', 'tool')).toEqual(['app 1.0', 'lib 1.0', 'tool 1.0']);
    const refused = await site.mirror('snapshot', 'drop', 'january', 'fixed');
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain('publication "site" made from it');
    await site.ok('publish', 'site');
    expect(await installs('app', 'tool')).toEqual(['app 2.0', 'lib 2.0', 'tool 2.0']);
    await site.ok('snapshot', 'drop', 'january', 'february', 'fixed');
  }, 60_000);
});
