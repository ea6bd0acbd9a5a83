import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeCertificates } from '../fetch/servers.ts';
import { type FileServer, serveFiles } from '../support/file-server.ts';
import { describeWithTools } from '../support/requirements.ts';
import { buildRpm, publishRpms } from '../support/rpm-repository.ts';
import { createSite, type Site } from '../support/site.ts';

/** An upstream that lets in who shows a certificate, as those of subscriptions do. */
describeWithTools(['openssl', 'rpmbuild', 'createrepo_c', 'gpg'], 'clients/client-certificate', () => {
  let site: Site;
  let server: FileServer;
  let certificates: ReturnType<typeof makeCertificates>;

  beforeAll(async () => {
    site = await createSite();
    certificates = makeCertificates();
    server = await serveFiles(site.upstream, { ...certificates.server, requestCert: true, rejectUnauthorized: true });
    const signer = site.gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign', 'Name-Real: Test']);
    const folder = join(site.upstream, 'os');
    await buildRpm(folder, { name: 'foo' });
    await publishRpms(folder, site.gnupg, signer);
    writeFileSync(join(site.root, 'key.asc'), site.gnupg.gpg(['--armor', '--export', signer]));
    mkdirSync(join(site.upstream, 'lists'));
    writeFileSync(join(site.upstream, 'lists/mirrorlist'), `${server.url}os/\n`);
    const sum = execFileSync('sha256sum', [join(folder, 'repodata/repomd.xml')], { encoding: 'utf8' }).slice(0, 64);
    writeFileSync(
      join(site.upstream, 'lists/metalink'),
      `<metalink><files><file name="repomd.xml"><verification><hash type="sha256">${sum}</hash></verification>
       <resources><url>${server.url}os/repodata/repomd.xml</url></resources></file></files></metalink>`,
    );
  }, 60_000);
  afterAll(async () => {
    await server.close();
    certificates.remove();
    await site.close();
  });

  const settings = (identified: boolean): string =>
    identified ? `sslclientcert=${certificates.client.certPath}\nsslclientkey=${certificates.client.keyPath}\n` : '';
  const configure = async (where: string, identified = true): Promise<void> => {
    site.configure(`http: { retries: 0, ca: "${certificates.authority}" }\n`);
    const file = join(site.root, 'test.repo');
    const text = `[test]\n${where}\nrepo_gpgcheck=1\ngpgcheck=0\ngpgkey=file://${site.root}/key.asc\n${settings(identified)}`;
    writeFileSync(file, text);
    await site.ok('add', '--from', file);
  };

  it.each(['baseurl=URLos/', 'mirrorlist=URLlists/mirrorlist', 'metalink=URLlists/metalink'])('is read through %s', async (where) => {
    await configure(where.replace('URL', server.url));
    expect(readFileSync(join(site.home, 'mirror.yaml'), 'utf8')).toContain(`clientCert: ${certificates.client.certPath}`);
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ packages: 1, verified: true }] });
  });

  it('lets nobody else in', async () => {
    await configure(`baseurl=${server.url}os/`, false);
    expect(await site.mirror('sync')).toMatchObject({ status: 1, stderr: expect.stringMatching(/TLS|certificate/) });
  });

  it('is told nothing by who is sent there by a list of another server', async () => {
    writeFileSync(join(site.upstream, 'list'), `${server.url}os/\n`);
    await configure(`mirrorlist=${site.server.url}list`);
    expect(await site.mirror('sync')).toMatchObject({ status: 1, stderr: expect.stringMatching(/TLS|certificate/) });
  });
});
