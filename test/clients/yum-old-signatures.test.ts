import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { succeed } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { buildRpm, signRpms } from '../support/rpm-repository.ts';
import { createSite, type Site } from '../support/site.ts';

/** An upstream of the old days: packages signed by a DSA key, and metadata with SHA-1. */
describeWithTools(['rpmbuild', 'rpmsign', 'createrepo_c', 'gpg'], 'clients/yum-old-signatures', () => {
  let site: Site;
  beforeAll(async () => {
    site = await createSite();
    const repository = join(site.upstream, 'old');
    await buildRpm(repository, { name: 'first' });
    await buildRpm(repository, { name: 'second' });
    const key = site.gnupg.makeKey(['Key-Type: DSA', 'Key-Length: 1024', 'Name-Real: Old']);
    await signRpms(repository, site.gnupg, key);
    await succeed('createrepo_c', ['--quiet', repository]);
    const repomd = join(repository, 'repodata/repomd.xml');
    writeFileSync(`${repomd}.asc`, site.gnupg.gpg(['-u', key, '--armor', '--digest-algo', 'SHA1', '-b'], readFileSync(repomd)));
    writeFileSync(join(repository, 'key.asc'), site.gnupg.gpg(['--armor', '--export', key]));
    const mirror = (name: string, more: string): string =>
      `  ${name}: { type: yum, url: "${site.server.url}old", keys: ["${site.server.url}old/key.asc"]${more} }\n`;
    site.configure(
      `http: { retries: 0 }\nmirrors:\n${mirror('strict', '')}${mirror('half', ', allowWeak: [dsa]')}${mirror('old', ', allowWeak: [dsa, sha1]')}`,
    );
  }, 60_000);
  afterAll(() => site.close());

  it('is refused with the setting that would accept it, and accepted with that', async () => {
    const refused = async (name: string): Promise<unknown> => JSON.parse((await site.mirror('sync', name, '--json')).stdout);
    expect(await refused('strict')).toMatchObject({
      mirrors: [{ error: { code: 'KEY_INVALID', hint: expect.stringContaining('set mirrors.strict.allowWeak: [dsa].') } }],
    });
    expect(await refused('half')).toMatchObject({
      mirrors: [{ error: { code: 'SIGNATURE_WEAK', hint: expect.stringContaining('set mirrors.half.allowWeak: [sha1, dsa].') } }],
    });
    await site.ok('sync', 'old');
    expect(await site.json('list')).toMatchObject([
      { name: 'strict' },
      { name: 'half' },
      { name: 'old', verified: { metadata: true, packages: true }, packages: 2 },
    ]);
  }, 30_000);

  it('lists its key as one that some mirror accepts', async () => {
    const keys = (await site.json('key', 'list')) as readonly { readonly use: string }[];
    expect(keys.filter(({ use }) => use === 'trusted')).toMatchObject([
      { algorithm: 'DSA 1024', problem: null, mirrors: ['strict', 'half', 'old'] },
    ]);
  });

  it('is checked again when less is accepted than before', async () => {
    const repository = join(site.upstream, 'sha1');
    await buildRpm(repository, { name: 'third' });
    const key = site.gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Name-Real: Newer']);
    await signRpms(repository, site.gnupg, key, 'sha1');
    await succeed('createrepo_c', ['--quiet', repository]);
    writeFileSync(join(repository, 'key.asc'), site.gnupg.gpg(['--armor', '--export', key]));
    const configure = (allowed: string): void =>
      site.configure(
        `mirrors:\n  sha1: { type: yum, url: "${site.server.url}sha1", keys: ["${site.server.url}sha1/key.asc"]${allowed} }\n`,
      );
    configure(', allowWeak: [sha1]');
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'updated', packages: 1 }] });
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'unchanged' }] });
    configure('');
    const finished = await site.mirror('sync', '--json');
    expect(JSON.parse(finished.stdout)).toMatchObject({ mirrors: [{ status: 'failed', error: { code: 'SIGNATURE_WEAK' } }] });
  }, 30_000);
});
