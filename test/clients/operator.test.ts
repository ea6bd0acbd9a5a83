import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildDeb, createAptArchive } from '../support/apt-archive.ts';
import { type Finished, mirror } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

const ROUNDS = 5;

/** What an operator does and meets over the life of a site. */
describeWithTools(['dpkg-deb', 'gpg'], 'clients/operator', () => {
  let site: Site;

  /** mirror.yaml with the mirror of the archive, `more` in it, and publications. */
  const configure = (more: string, publications: string): void => {
    const upstream = `type: apt, url: ${site.server.url}, suite: stable, architectures: [amd64], keys: [../upstream/key.asc]`;
    site.configure(`mirrors:\n  test: { ${upstream}${more} }\npublications:\n${publications}`);
  };

  beforeAll(async () => {
    site = await createSite();
    const archive = createAptArchive(site.upstream, site.gnupg);
    await archive.publish([await buildDeb(site.root, { Package: 'foo' }), await buildDeb(site.root, { Package: 'bar' })]);
    configure('', '  site: { from: [test] }\n');
    await site.ok('sync');
  }, 60_000);
  afterAll(() => site.close());

  it('warns of a filter that matches nothing', async () => {
    configure(', filter: "zzz*"', '  site: { from: [test] }\n');
    const { status, stderr } = await site.mirror('sync', '--dry-run');
    expect(status).toBe(0);
    expect(stderr).toContain('test: warning: the filter matches no package of the upstream: zzz*');
  });

  it('tells how far it can trust what it would fetch', async () => {
    const upstream = `type: apt, url: ${site.server.url}, suite: stable, architectures: [amd64]`;
    site.configure(`mirrors:\n  signed: { ${upstream}, keys: [../upstream/key.asc] }\n  unsigned: { ${upstream}, verify: [] }\n`);
    expect(await site.json('sync', '--metadata-only')).toMatchObject({
      mirrors: [
        { name: 'signed', status: 'planned', packages: 2, verified: true },
        { name: 'unsigned', status: 'planned', packages: 2, verified: false },
      ],
    });
  });

  it('never mixes generations while one after the other is published', async () => {
    configure('', '  site: { from: [test], label: L0 }\n');
    await site.ok('publish', 'site');
    const server = await site.serve();
    const fetched = async (path: string): Promise<Buffer> => {
      const response = await fetch(`${server.url}/site/dists/stable/${path}`);
      expect(response.status).toBe(200);
      return Buffer.from(await response.arrayBuffer());
    };
    let publishing = true;
    let updates = 0;
    const client = async (): Promise<void> => {
      for (; publishing; updates++) {
        const release = (await fetched('InRelease')).toString();
        const digest = /^ ([0-9a-f]{64}) +\d+ main\/binary-amd64\/Packages\.gz$/m.exec(release)?.[1] ?? '';
        const packages = await fetched(`main/binary-amd64/by-hash/SHA256/${digest}`);
        expect(createHash('sha256').update(packages).digest('hex')).toBe(digest);
      }
    };
    const reading = client();
    try {
      for (let round = 1; round <= ROUNDS; round++) {
        configure('', `  site: { from: [test], label: L${round} }\n`);
        await site.ok('publish', 'site');
      }
    } finally {
      publishing = false;
      await reading;
    }
    expect(updates).toBeGreaterThan(ROUNDS);
    await expect.poll(async () => (await fetched('InRelease')).toString(), { timeout: 5000 }).toContain(`Label: L${ROUNDS}`);
  }, 60_000);

  it('publishes the same bytes again for the same SOURCE_DATE_EPOCH', async () => {
    // Not before the signing key was made.
    const env = { SOURCE_DATE_EPOCH: String(Math.ceil(Date.now() / 1000)) };
    configure('', '  one: { from: [test], label: Same, path: /one }\n');
    const publish = (): Promise<Finished> => mirror(['publish', 'one', '--json'], { cwd: site.home, env });
    const digestOf = ({ stdout }: Finished): string => JSON.parse(stdout).publications[0].digest;
    const first = digestOf(await publish());
    await site.ok('publish', 'drop', 'one');
    const again = await publish();
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(digestOf(again)).toBe(first);
  }, 30_000);

  it('lets one of two publications at one path through where they differ, also when both are published at once', async () => {
    const other = createAptArchive(join(site.upstream, 'other'), site.gnupg);
    await other.publish([await buildDeb(join(site.root, 'other-build'), { Package: 'foo', Description: 'another foo' })]);
    const mirrorOf = (folder: string): string =>
      `{ type: apt, url: ${site.server.url}${folder}, suite: stable, architectures: [amd64], keys: [../upstream/${folder}key.asc] }`;
    site.configure(
      `mirrors:\n  test: ${mirrorOf('')}\n  other: ${mirrorOf('other/')}\npublications:\n` +
        '  first: { from: [test], distribution: a, path: /both }\n  second: { from: [other], distribution: b, path: /both }\n',
    );
    await site.ok('sync');
    const finished = await Promise.all(['first', 'second'].map((name) => site.mirror('publish', name)));
    expect(finished.map(({ status }) => status).sort()).toEqual([0, 1]);
    expect(finished.map(({ stderr }) => stderr).join('')).toContain('(PACKAGE_CONFLICT)');
  }, 60_000);
});
