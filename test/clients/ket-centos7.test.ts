import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDnfClient, type DnfClient } from '../support/dnf-client.ts';
import { folderBelow, type Internet, serveInternet } from '../support/internet.ts';
import { type RunningServer, succeed } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { buildRpm, publishRpms, type RpmSpec, signRpms } from '../support/rpm-repository.ts';
import { createSite, type Site } from '../support/site.ts';

const EXAMPLE = readFileSync(resolve(import.meta.dirname, '../../config/ket-centos7.yaml'), 'utf8');

/** What four of the five upstreams have. */
const UPSTREAMS: Readonly<Record<'base' | 'updates' | 'docker' | 'gluster', readonly RpmSpec[]>> = {
  base: [
    { name: 'nfs-utils', version: '1.3.0', preamble: ['Requires: libtirpc >= 0.2.4'] },
    { name: 'libtirpc', version: '0.2.4' },
    { name: 'socat' },
  ],
  updates: [{ name: 'nfs-utils', version: '1.3.1', preamble: ['Requires: libtirpc >= 0.2.4'] }],
  docker: [
    { name: 'docker-ce', version: '17.03.2.ce', preamble: ['Requires: docker-ce-selinux >= 17.03'] },
    { name: 'docker-ce-selinux', version: '17.03.2.ce' },
  ],
  gluster: [{ name: 'glusterfs-server', version: '3.8.7', preamble: ['Requires: nfs-utils'] }],
};
const KUBERNETES: readonly RpmSpec[] = [
  { name: 'kubelet', version: '1.9.0', release: '0', preamble: ['Requires: kubernetes-cni = 0.6.0', 'Requires: socat'] },
  { name: 'kubernetes-cni', version: '0.6.0', release: '0' },
];
const NAMES = ['base', 'updates', 'docker', 'kubernetes', 'gluster'];

describeWithTools(['dnf', 'rpmbuild', 'rpmsign', 'createrepo_c', 'gpg', 'openssl'], 'config/ket-centos7.yaml', () => {
  let site: Site;
  let internet: Internet;
  let server: RunningServer;
  let client: DnfClient;

  beforeAll(async () => {
    site = await createSite();
    const signer = (name: string): string =>
      site.gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign', `Name-Real: ${name}`]);
    const [centos, docker, google, googlePackages, gluster] = ['CentOS', 'Docker', 'Google', 'Google packages', 'Gluster'].map(signer) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const keyOf = (fingerprint: string): string => site.gnupg.gpg(['--armor', '--export', fingerprint]).toString();
    const folders = Object.fromEntries(Object.keys(UPSTREAMS).map((name) => [name, join(site.upstream, name)]));
    const folderOf = (name: keyof typeof UPSTREAMS): string => folders[name] ?? '';
    for (const [name, key] of [
      ['base', centos],
      ['updates', centos],
      ['docker', docker],
      ['gluster', gluster],
    ] as const) {
      for (const spec of UPSTREAMS[name]) await buildRpm(folderOf(name), spec);
      await publishRpms(folderOf(name), site.gnupg, key, { signPackages: true });
    }
    const yum = await kubernetes({ metadata: google, packages: googlePackages });
    const base = folderBelow('/7.9.2009/os/x86_64/', folderOf('base'));
    const updates = folderBelow('/7.9.2009/updates/x86_64/', folderOf('updates'));
    internet = await serveInternet(site.root, {
      'vault.centos.org': (path) => base(path) ?? updates(path),
      'www.centos.org': folderBelow('/none/', site.upstream, { '/keys/RPM-GPG-KEY-CentOS-7': keyOf(centos) }),
      'download.docker.com': folderBelow('/linux/centos/7/x86_64/stable/', folderOf('docker'), { '/linux/centos/gpg': keyOf(docker) }),
      'packages.cloud.google.com': folderBelow('/yum/', yum, {
        '/yum/doc/yum-key.gpg': keyOf(google),
        '/yum/doc/rpm-package-key.gpg': keyOf(googlePackages),
      }),
      'buildlogs.centos.org': folderBelow('/centos/7/storage/x86_64/gluster-3.8/', folderOf('gluster')),
      'download.gluster.org': folderBelow('/none/', site.upstream, { '/pub/gluster/glusterfs/3.8/3.8.7/rsa.pub': keyOf(gluster) }),
    });
    const settings = `http: { proxy: "${internet.proxy}", ca: "${internet.authority}" }\n`;
    writeFileSync(join(site.home, 'mirror.yaml'), `${settings}${EXAMPLE.replace('/var/lib/mirror', 'storage')}`);
    await site.ok('sync', 'centos7');
    await site.ok('publish', ...NAMES);
    server = await site.serve();
    client = createDnfClient(join(site.root, 'client'));
    const files = await Promise.all(NAMES.map((name) => site.client(name, 'yum', server.url)));
    client.repositories(files.join('\n'));
  }, 300_000);
  afterAll(async () => {
    await internet.close();
    await site.close();
  });

  /** The repository of Kubernetes: its packages are two folders above it, named by their content. Gives the folder of both. */
  async function kubernetes(keys: { readonly metadata: string; readonly packages: string }): Promise<string> {
    const yum = join(site.upstream, 'google');
    const [pool, repository] = [join(yum, 'pool'), join(yum, 'repos/kubernetes-el7-x86_64')];
    mkdirSync(repository, { recursive: true });
    for (const spec of KUBERNETES) await buildRpm(pool, spec);
    await signRpms(pool, site.gnupg, keys.packages);
    for (const name of readdirSync(pool)) renameSync(join(pool, name), join(pool, `${'0123456789abcdef'.repeat(4)}-${name}`));
    await succeed('createrepo_c', ['--quiet', '--location-prefix', '../../pool', '--outputdir', repository, pool]);
    const repomd = join(repository, 'repodata/repomd.xml');
    site.gnupg.gpg(['--local-user', keys.metadata, '--armor', '--detach-sign', '--output', `${repomd}.asc`, repomd]);
    return yum;
  }

  it('has clients check the metadata and every package', async () => {
    for (const name of NAMES) {
      const text = await site.client(name, 'yum', server.url);
      expect(text).toMatch(/^gpgcheck=1$/m);
      expect(text).toMatch(/^repo_gpgcheck=1$/m);
      expect(text).toContain(`baseurl=${server.url}/${name}/\n`);
    }
  });

  it('installs on a node what the five repositories have, from all of them together', async () => {
    const installed = await client.dnf('install', 'kubelet', 'docker-ce', 'glusterfs-server');
    expect(installed).toMatchObject({ status: 0 });
    for (const name of ['kubelet', 'kubernetes-cni', 'docker-ce', 'docker-ce-selinux', 'glusterfs-server', 'libtirpc', 'socat'])
      expect(installed.stdout).toMatch(new RegExp(`^ {2}(?:.* )?${name}-\\d`, 'm'));
    expect(installed.stdout).toContain('nfs-utils-1.3.1-1.noarch');
  });

  it('publishes the packages of Kubernetes inside of their repository', async () => {
    const { stdout } = await client.dnf('--quiet', 'repoquery', '--disablerepo=*', '--enablerepo=kubernetes', '--location');
    const urls = stdout.trim().split('\n');
    expect(urls).toHaveLength(2);
    for (const url of urls) {
      expect(url).not.toContain('..');
      expect((await fetch(url)).status).toBe(200);
    }
  });

  it('has databases for the yum of CentOS 7, and nothing that it cannot read', async () => {
    for (const name of NAMES) {
      const repomd = await (await fetch(`${server.url}/${name}/repodata/repomd.xml`)).text();
      expect([...repomd.matchAll(/<data type="(\w+)">/g)].map(([, type]) => type)).toEqual(
        expect.arrayContaining(['primary', 'filelists', 'other', 'primary_db', 'filelists_db', 'other_db']),
      );
      const locations = [...repomd.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href);
      expect(locations.filter((href) => !/\.(?:xml|sqlite)\.gz$/.test(href))).toEqual([]);
    }
  });

  it('is up to date when nothing has changed: each upstream is asked once', async () => {
    const before = internet.requests.length;
    expect(await site.json('sync', 'centos7')).toMatchObject({ mirrors: Array(5).fill({ status: 'unchanged' }) });
    expect(internet.requests.slice(before).map((url) => url.replace(/^.*\//, ''))).toEqual(Array(5).fill('repomd.xml'));
  });
});
