import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCatalogue } from '../../src/store/state.ts';
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
});
