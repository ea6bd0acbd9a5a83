// biome-ignore-all lint/suspicious/noTemplateCurlyInString: formats have fields that look like it
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithTools } from '../support/requirements.ts';
import { buildRpm, publishRpms } from '../support/rpm-repository.ts';
import { createSite, type Site } from '../support/site.ts';

describeWithTools(['rpmbuild', 'createrepo_c', 'gpg'], 'ops/snapshot-* of yum repositories', () => {
  let site: Site;
  beforeAll(async () => {
    site = await createSite();
    const signer = site.gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign', 'Name-Real: Test packager']);
    writeFileSync(join(site.root, 'key.asc'), site.gnupg.gpg(['--armor', '--export', signer]));
    const old = join(site.upstream, 'old');
    await buildRpm(old, { name: 'app', preamble: ['Requires: /usr/share/lib/data'] });
    await buildRpm(old, { name: 'lib', epoch: 1 });
    await publishRpms(old, site.gnupg, signer);
    const fresh = join(site.upstream, 'fresh');
    await buildRpm(fresh, { name: 'app', version: '2.0', preamble: ['Requires: lib >= 1:2'] });
    await buildRpm(fresh, { name: 'lib', version: '2.0', epoch: 1 });
    await publishRpms(fresh, site.gnupg, signer);
    site.configure(`
mirrors:
  old: { type: yum, url: "${site.server.url}old/", keys: ["${join(site.root, 'key.asc')}"], verify: [metadata] }
  fresh: { type: yum, url: "${site.server.url}fresh/", keys: ["${join(site.root, 'key.asc')}"], verify: [metadata] }
publications:
  site: { from: [old] }
`);
    await site.ok('sync');
  }, 120_000);
  afterAll(() => site.close());

  it('searches by the fields of RPMs, and finds who has a file that primary does not list', async () => {
    expect(await site.ok('query', 'old')).toBe('app-1.0-1.noarch\nlib-1:1.0-1.noarch\n');
    expect(await site.ok('query', 'old', 'app', '--with-deps')).toBe('app-1.0-1.noarch\nlib-1:1.0-1.noarch\n');
    expect(await site.ok('query', 'old', 'Files (% /usr/share/lib/*)')).toBe('lib-1:1.0-1.noarch\n');
    expect(await site.ok('query', 'old', 'Requires (/usr/share/lib/data), License (MIT), Epoch (0)')).toBe('app-1.0-1.noarch\n');
    expect(
      await site.ok('query', 'old', 'lib-1:1.0-1.noarch', '--format', '%{name}-%{version}-%{release}.%{arch} %{epoch} ${Version}'),
    ).toBe('lib-1.0-1.noarch 1 1:1.0-1\n');
    expect(await site.ok('query', 'old', 'lib', '--format', 'full')).toMatch(/^Name: lib\nEpoch: 1\nVersion: 1\.0\nRelease: 1\n/);
  });

  it('freezes, pulls, verifies and publishes', async () => {
    await site.ok('snapshot', 'create', 'january', '--from', 'old');
    await site.ok('snapshot', 'create', 'february', '--from', 'fresh');
    expect(await site.ok('snapshot', 'verify', 'january')).toContain('is there');
    expect(await site.ok('snapshot', 'pull', 'january', 'february', 'fixed', 'app')).toMatch(
      /^- app-1\.0-1\.noarch\n- lib-1:1\.0-1\.noarch\n\+ app-2\.0-1\.noarch\n\+ lib-1:2\.0-1\.noarch\n/,
    );
    await site.ok('snapshot', 'merge', 'all', 'january', 'february', '--keep-all');
    expect(await site.json('snapshot', 'show', 'all')).toMatchObject({ type: 'yum', packages: 4, verified: { metadata: true } });
    await site.ok('publish', 'site', '--snapshot', 'fixed');
    expect(await site.ok('query', 'site')).toBe('app-2.0-1.noarch\nlib-1:2.0-1.noarch\n');
    expect(await site.json('publish', 'list')).toMatchObject([{ name: 'site', from: ['fixed'] }]);
    const refused = await site.mirror('snapshot', 'drop', 'fixed', '--force');
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('snapshot "fixed" is in use: publication "site" made from it (IN_USE)');
    await site.ok('snapshot', 'create', 'seen', '--from', 'site');
    expect(await site.json('snapshot', 'diff', 'seen', 'fixed')).toMatchObject({ differences: [] });
  });
});
