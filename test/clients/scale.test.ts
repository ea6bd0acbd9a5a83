import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAptClient } from '../support/apt-client.ts';
import { measure } from '../support/measure.ts';
import { PROGRAM, succeed } from '../support/program.ts';
import { describeWithTools, MAKE_UPSTREAM } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

const PACKAGES = 20_000;
/** MiB. */
const MOST_MEMORY = 512;

/** Memory, not time: what a large repository takes must not depend on the machine. */
describeWithTools(['make-upstream', 'createrepo_c', 'gpg', 'python3'], 'clients/scale', () => {
  let site: Site;

  const peak = async (...args: readonly string[]): Promise<number> =>
    (await measure([process.execPath, PROGRAM, ...args], { cwd: site.home })).peakMemory;

  beforeAll(async () => {
    site = await createSite();
    await succeed(MAKE_UPSTREAM ?? '', ['--packages', String(PACKAGES), '--payload', '512', '--out', site.upstream]);
    await succeed('createrepo_c', ['--quiet', '--no-database', join(site.upstream, 'rpm')]);
    site.configure(`
mirrors:
  debs: { type: apt, url: "${site.server.url}deb", suite: stable, architectures: [amd64], keys: ["${join(site.upstream, 'key.asc')}"] }
  rpms: { type: yum, url: "${site.server.url}rpm", verify: [] }
publications:
  debs: { from: [debs], distribution: stable }
  rpms: { from: [rpms] }
`);
  }, 300_000);
  afterAll(() => site.close(), 300_000);

  it.each(['debs', 'rpms'])(
    `syncs and publishes ${PACKAGES} packages (%s) in less than ${MOST_MEMORY} MiB`,
    async (name) => {
      expect(await peak('sync', name)).toBeLessThan(MOST_MEMORY);
      expect(await peak('publish', name)).toBeLessThan(MOST_MEMORY);
      expect(await site.json('show', name)).toMatchObject([{ packages: PACKAGES }, { packages: PACKAGES }]);
    },
    300_000,
  );

  it('serves them to apt', async () => {
    const server = await site.serve();
    const client = createAptClient(join(site.root, 'client'));
    client.sources(await site.client('debs', 'apt', server.url));
    expect(await client.get('update')).toMatchObject({ status: 0, stderr: '' });
    expect((await client.get('download', '--print-uris', 'base-files')).stdout).toContain('/pool/main/b/base-files/');
  });
});
