import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildDeb, createAptArchive } from '../support/apt-archive.ts';
import { type AptClient, createAptClient } from '../support/apt-client.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

/** Seconds. */
const VALID_FOR = 6;

describeWithTools(['apt-get', 'dpkg-deb', 'gpg'], 'clients/apt-renewal', () => {
  let site: Site;

  beforeAll(async () => {
    site = await createSite();
    const archive = createAptArchive(site.upstream, site.gnupg);
    await archive.publish([await buildDeb(site.root, { Package: 'foo' })]);
    site.configure(`
mirrors:
  test: { type: apt, url: "${site.server.url}", suite: stable, architectures: [amd64], keys: ["${archive.key}"] }
publications:
  site: { from: [test], distribution: stable, validFor: ${VALID_FOR}s }
`);
    await site.ok('sync');
    await site.ok('publish', 'site');
  });
  afterAll(() => site.close());

  const clientOf = async (url: string, name: string): Promise<AptClient> => {
    const client = createAptClient(join(site.root, name));
    client.sources(await site.client('site', 'apt', url));
    return client;
  };
  const generation = async (): Promise<number> => ((await site.json('publish', 'list')) as { generation: number }[])[0]?.generation ?? 0;

  it('expires for clients where nothing renews it', async () => {
    await setTimeout(VALID_FOR * 1000 + 1000);
    const server = await site.serve();
    const client = await clientOf(server.url, 'late');
    const { status, stderr } = await client.get('update', '-o', 'APT::Update::Error-Mode=any');
    await server.stop();
    expect(status).not.toBe(0);
    expect(stderr).toContain('is expired');
  });

  it('is published again by the next publish when half of the time has passed, and not before', async () => {
    const before = await generation();
    expect(await site.json('publish', 'site')).toMatchObject({ publications: [{ status: 'published' }] });
    expect(await site.json('publish', 'site')).toMatchObject({ publications: [{ status: 'unchanged' }] });
    expect(await site.json('publish', 'site', '--renew')).toMatchObject({ publications: [{ status: 'published' }] });
    expect(await generation()).toBe(before + 2);
  });

  it('never expires while it is served', async () => {
    const server = await site.serve();
    const client = await clientOf(server.url, 'client');
    const before = await generation();
    for (let passed = 0; passed < 2 * VALID_FOR; passed += 2) {
      await setTimeout(2000);
      const { status, stderr } = await client.get('update', '-o', 'APT::Update::Error-Mode=any');
      expect([status, stderr]).toEqual([0, '']);
    }
    expect(await generation()).toBeGreaterThanOrEqual(before + 2);
    const release = await (await fetch(`${server.url}/site/dists/stable/Release`)).text();
    const [date, until] = ['Date', 'Valid-Until'].map((field) => Date.parse(new RegExp(`^${field}: (.*)$`, 'm').exec(release)?.[1] ?? ''));
    expect((until ?? 0) - (date ?? 0)).toBe(VALID_FOR * 1000);
    await server.stop();
  }, 60_000);
});
