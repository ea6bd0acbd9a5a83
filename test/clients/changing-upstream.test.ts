import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AptArchive, buildDeb, createAptArchive } from '../support/apt-archive.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

describeWithTools(['dpkg-deb', 'gpg'], 'clients/changing-upstream', () => {
  let site: Site;
  let archive: AptArchive;
  const debs: string[] = [];
  const started = Date.now();

  beforeAll(async () => {
    site = await createSite();
    archive = createAptArchive(site.upstream, site.gnupg);
    for (const version of ['1', '2', '3', '4']) debs.push(await buildDeb(site.root, { Package: 'foo', Version: version }));
    site.configure(`
http: { retries: 0 }
mirrors:
  test: { type: apt, url: "${site.server.url}", suite: stable, architectures: [amd64], keys: ["${archive.key}"] }
publications:
  site: { from: [test], distribution: stable }
`);
    // Each state of the archive in a folder of its own, one minute after the one before.
    for (const [index, deb] of debs.entries()) {
      await archive.publish([deb], { Date: new Date(started + index * 60_000).toUTCString() });
      cpSync(join(site.upstream, 'dists'), join(site.root, `dists-${index}`), { recursive: true });
    }
  }, 60_000);
  afterAll(() => site.close());

  /** The archive as it was with one of the packages, and no other package. */
  const become = (index: number): void => {
    rmSync(join(site.upstream, 'dists'), { recursive: true });
    rmSync(join(site.upstream, 'pool'), { recursive: true, force: true });
    cpSync(join(site.root, `dists-${index}`), join(site.upstream, 'dists'), { recursive: true });
    cpSync(debs[index] ?? '', join(site.upstream, `pool/main/foo_${index + 1}_amd64.deb`));
  };
  beforeEach(() => {
    site.server.intercept = () => false;
    become(0);
  });

  /** Makes the archive move on at each request for a package, as often as there is something to move on to. */
  const moveOn = (times: number): void => {
    let index = 0;
    site.server.intercept = (request) => {
      if (request.url?.endsWith('.deb') === true && index < times) become(++index);
      return false;
    };
  };

  it('gives up an archive that moves on again and again, and keeps what it fetched', async () => {
    moveOn(3);
    const { status, stdout } = await site.mirror('sync', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      mirrors: [{ status: 'failed', error: { code: 'SYNC_INCOMPLETE', message: expect.stringContaining('changed 3 times') } }],
    });
    become(3);
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'updated', packages: 1 }] });
  });

  it('begins again from InRelease when the archive moves on while its packages are fetched', async () => {
    site.configure(`
http: { retries: 0 }
mirrors:
  other: { type: apt, url: "${site.server.url}", suite: stable, architectures: [amd64], keys: ["${archive.key}"] }
publications:
  site: { from: [other], distribution: stable }
`);
    moveOn(1);
    const { status, stdout, stderr } = await site.mirror('sync', '--json');
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('changed while packages were fetched') });
    expect(JSON.parse(stdout)).toMatchObject({ mirrors: [{ status: 'updated', packages: 1 }] });
    await site.ok('publish', 'site');
    const server = await site.serve();
    const packages = await (await fetch(`${server.url}/site/dists/stable/main/binary-amd64/Packages`)).text();
    expect(packages).toContain('Version: 2\n');
  });
});
