import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCatalogue } from '../../src/store/state.ts';
import { mirrorJson } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

describeWithTools(['gpg'], 'ops/publish', () => {
  let site: Site;
  beforeAll(async () => {
    site = await createSite();
  });
  afterAll(() => site.close());

  it('does not publish what a mirror of the same name had of another family', async () => {
    site.configure(`
mirrors:
  test: { type: apt, url: "http://archive.example/", suite: stable, verify: [] }
publications:
  site: { from: [test], distribution: stable }
`);
    const catalogue = openCatalogue(join(site.home, 'storage'));
    const list = catalogue.saveList('yum', []);
    catalogue.putMirror({
      name: 'test',
      family: 'yum',
      upstream: {
        revision: '',
        date: 0,
        supplements: [],
        indexes: [],
        verification: { metadata: false, packages: false },
        particulars: {},
      },
      keys: [],
      contents: {
        list,
        supplements: [],
        selection: '',
        unsatisfied: [],
        checked: { metadata: true, packages: true },
        keys: [],
        syncedAt: 0,
      },
    });
    catalogue.close();
    const { stdout } = await site.mirror('publish', 'site', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ publications: [{ status: 'failed', error: { code: 'NEVER_SYNCED' } }] });
  });

  it('has nothing to renew of what was never published', async () => {
    site.configure('repos: { ours: { type: apt } }\npublications: { site: { from: [ours], distribution: stable } }\n');
    const { status, stdout } = await site.mirror('publish', 'site', '--renew', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ publications: [{ status: 'failed', error: { code: 'USAGE' } }] });
  });

  it('warns of what a clock that was ahead has published, and says how to go on', async () => {
    const publication = (more = ''): void =>
      site.configure(`repos: { ours: { type: apt } }\npublications: { ahead: { from: [ours], distribution: stable${more} } }\n`);
    publication();
    const tomorrow = String(Math.floor(Date.now() / 1000) + 86_400);
    await mirrorJson(['publish', 'ahead'], { cwd: site.home, env: { SOURCE_DATE_EPOCH: tomorrow } });
    const unchanged = await site.mirror('publish', 'ahead');
    expect(unchanged).toMatchObject({ status: 0, stderr: expect.stringMatching(/warning: it was published at .* clients refuse/) });
    publication(', label: Other');
    const refused = await site.mirror('publish', 'ahead');
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('mirror publish drop ahead') });
    await site.ok('publish', 'drop', 'ahead');
    await site.ok('publish', 'ahead');
    expect((await site.mirror('publish', 'ahead')).stderr).not.toContain('warning');
    await site.ok('publish', 'drop', 'ahead');
  });

  it('does not publish a repo as an upstream has it', async () => {
    site.configure('repos: { rpms: { type: yum } }\npublications: { rpms: { from: [rpms], metadata: verbatim } }\n');
    const { stdout } = await site.mirror('publish', 'rpms', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ publications: [{ status: 'failed', error: { code: 'CONFIG_INVALID' } }] });
  });

  it('waits rather than date many quick generations into the future', async () => {
    site.configure('repos: { ours: { type: apt } }\npublications: { site: { from: [ours], distribution: stable } }\n');
    await site.ok('publish', 'site');
    for (let again = 0; again < 7; again += 1) await site.ok('publish', 'site', '--renew');
    const [published] = (await site.json('publish', 'list')) as { generation: number; published: string }[];
    expect(published?.generation).toBe(8);
    expect(Date.parse(published?.published ?? '') - Date.now()).toBeLessThan(6000);
  }, 60_000);
});
