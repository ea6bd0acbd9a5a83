import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithTools } from '../support/requirements.ts';
import { buildRpm, publishRpms } from '../support/rpm-repository.ts';
import { createSite, type Site } from '../support/site.ts';

describeWithTools(['rpmbuild', 'rpmsign', 'createrepo_c', 'gpg'], 'ops/sync', () => {
  let site: Site;
  let signer: string;

  beforeAll(async () => {
    site = await createSite();
    signer = site.gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign', 'Name-Real: Test packager']);
    writeFileSync(join(site.upstream, 'key.asc'), site.gnupg.gpg(['--armor', '--export', signer]));
    await buildRpm(site.upstream, { name: 'foo' });
    await publishRpms(site.upstream, site.gnupg, signer, { signPackages: true });
    configure();
  }, 60_000);
  afterAll(() => site.close());

  const configure = (more = ''): void =>
    site.configure(`
mirrors:
  test: { type: yum, url: "${site.server.url}", keys: ["${join(site.upstream, 'key.asc')}"], verify: [packages], ${more} }
publications:
  site: { from: [test] }
`);

  it('does not take what an unverified mirror says of a package for what a verified one says', async () => {
    cpSync(site.upstream, join(site.root, 'copy'), { recursive: true });
    renameSync(join(site.root, 'copy'), join(site.upstream, 'evil'));
    rewriteIndex(join(site.upstream, 'evil'), 'filelists', (text) => text.replace('/usr/share/foo/data', '/usr/bin/sudo'));
    const key = join(site.upstream, 'key.asc');
    site.configure(`
mirrors:
  evil: { type: yum, url: "${site.server.url}evil/", verify: [] }
  good: { type: yum, url: "${site.server.url}", keys: ["${key}"], verify: [metadata] }
publications:
  evil: { from: [evil] }
  good: { from: [good] }
`);
    for (const name of ['evil', 'good', 'evil']) await site.ok('sync', name);
    await site.ok('publish', 'good');
    const server = await site.serve();
    const repomd = await (await fetch(`${server.url}/good/repodata/repomd.xml`)).text();
    const [path = ''] = /repodata\/[0-9a-f]+-filelists\.xml\.gz/.exec(repomd) ?? [];
    const filelists = gunzipSync(Buffer.from(await (await fetch(`${server.url}/good/${path}`)).arrayBuffer())).toString();
    expect(filelists).toContain('/usr/share/foo/data');
    expect(filelists).not.toContain('/usr/bin/sudo');
    rmSync(join(site.upstream, 'evil'), { recursive: true });
    configure();
  });

  it('checks everything again when a trusted key has changed under its fingerprint, and keeps the key as it is now', async () => {
    const keys = async (): Promise<unknown> => ((await site.json('show', 'test')) as { keys: unknown }[])[0]?.keys;
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'updated', packages: 1, verified: true }] });
    const before = await keys();
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'unchanged' }] });
    site.gnupg.gpg(['--quick-set-expire', signer, '1y']);
    writeFileSync(join(site.upstream, 'key.asc'), site.gnupg.gpg(['--armor', '--export', signer]));
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'updated', added: 0, downloaded: 0, verified: true }] });
    expect(await keys()).not.toEqual(before);
  });

  it('does not keep what rests on a checksum that is not accepted any more', async () => {
    const repodata = join(site.upstream, 'repodata');
    cpSync(repodata, join(site.root, 'repodata'), { recursive: true });
    const sum = createHash('sha1')
      .update(readFileSync(join(site.upstream, 'foo-1.0-1.noarch.rpm')))
      .digest('hex');
    rewriteIndex(site.upstream, 'primary', (text) => text.replace(/type="sha256" pkgid="YES">[^<]*/, `type="sha" pkgid="YES">${sum}`));
    configure('allowWeak: [sha1]');
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'updated', packages: 1 }] });
    configure();
    const { stdout } = await site.mirror('sync', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ mirrors: [{ status: 'failed', packages: 1, error: { code: 'CHECKSUM_WEAK' } }] });
    rmSync(repodata, { recursive: true });
    renameSync(join(site.root, 'repodata'), repodata);
  });

  it('checks a package that it has again when unsigned metadata gives it another version', async () => {
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ packages: 1, verified: true }] });
    rewriteIndex(site.upstream, 'primary', (text) => text.replace('ver="1.0"', 'ver="9.0"'));
    const { stdout } = await site.mirror('sync', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ mirrors: [{ status: 'failed', packages: 1, error: { code: 'METADATA_INVALID' } }] });
  });
});

/** Changes an index, and repomd.xml accordingly, whose signature is not good any more then. */
function rewriteIndex(root: string, type: string, change: (text: string) => string): void {
  const repodata = join(root, 'repodata');
  const name = readdirSync(repodata).find((file) => file.endsWith(`-${type}.xml.gz`)) ?? '';
  const old = readFileSync(join(repodata, name));
  const plain = gunzipSync(old);
  const changed = change(plain.toString('utf8'));
  const packed = gzipSync(changed);
  writeFileSync(join(repodata, name), packed);
  const repomd = join(repodata, 'repomd.xml');
  const text = readFileSync(repomd, 'utf8')
    .replace(`>${sha256(old)}<`, `>${sha256(packed)}<`)
    .replace(`>${sha256(plain)}<`, `>${sha256(changed)}<`)
    .replace(`<size>${old.length}<`, `<size>${packed.length}<`)
    .replace(`<open-size>${plain.length}<`, `<open-size>${Buffer.byteLength(changed)}<`);
  writeFileSync(repomd, text);
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
