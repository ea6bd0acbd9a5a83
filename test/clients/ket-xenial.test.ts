import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AptArchive, buildDeb, createAptArchive } from '../support/apt-archive.ts';
import { type AptClient, createAptClient } from '../support/apt-client.ts';
import { folderBelow, type Host, type Internet, serveInternet } from '../support/internet.ts';
import type { RunningServer } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

const EXAMPLE = readFileSync(resolve(import.meta.dirname, '../../config/ket-xenial.yaml'), 'utf8');

/** What the four upstreams have: a name, and what it depends on. */
const UBUNTU = {
  'bridge-utils': 'libc6',
  'nfs-common': 'libc6, libtirpc1 (>= 0.2.5)',
  libtirpc1: 'libc6',
  socat: 'libc6, libwrap0',
  libwrap0: 'libc6',
  libltdl7: 'libc6',
  'python2.7': 'libpython2.7 (= 1.0-1)',
  'libpython2.7': 'libc6',
  'python-apt': 'python2.7, default-mta | mail-transport-agent',
  postfix: 'libc6',
  ebtables: 'libc6',
  libaio1: 'libc6',
  libibverbs1: 'libc6',
  librdmacm1: 'libibverbs1',
  liburcu4: 'libc6',
  attr: 'libc6',
  libc6: '',
  unwanted: 'libc6',
};
const DOCKER = { 'docker-ce': 'libltdl7 (>= 1.0)' };
const KUBERNETES = { kubelet: 'kubernetes-cni (= 1.0-1)', 'kubernetes-cni': '' };
const GLUSTER = { 'glusterfs-client': 'glusterfs-common, attr', 'glusterfs-common': 'libaio1' };

describeWithTools(['apt-get', 'dpkg-deb', 'gpg', 'openssl'], 'config/ket-xenial.yaml', () => {
  let site: Site;
  let internet: Internet;
  let server: RunningServer;
  let client: AptClient;

  beforeAll(async () => {
    site = await createSite();
    const archive = async (name: string, suite: string, packages: Record<string, string>, component = 'main'): Promise<AptArchive> => {
      const made = createAptArchive(join(site.upstream, name), site.gnupg, { suite, components: [component, 'universe'] });
      const debs: string[] = [];
      for (const [Package, Depends] of Object.entries(packages)) {
        const provides = Package === 'postfix' ? { Provides: 'mail-transport-agent, default-mta' } : {};
        debs.push(await buildDeb(site.root, { Package, ...(Depends === '' ? {} : { Depends }), ...provides }));
      }
      await made.publish(debs);
      return made;
    };
    const ubuntu = await archive('ubuntu', 'xenial', UBUNTU);
    const docker = await archive('docker', 'xenial', DOCKER, 'stable');
    const kubernetes = await archive('kubernetes', 'kubernetes-xenial', KUBERNETES);
    const gluster = await archive('gluster', 'xenial', GLUSTER);
    internet = await serveInternet(site.root, {
      'archive.ubuntu.com': folderBelow('/ubuntu/', ubuntu.root),
      'download.docker.com': folderBelow('/linux/ubuntu/', docker.root, { '/linux/ubuntu/gpg': readFileSync(docker.key, 'utf8') }),
      'packages.cloud.google.com': folderBelow('/apt/', kubernetes.root, { '/apt/doc/apt-key.gpg': readFileSync(kubernetes.key, 'utf8') }),
      'ppa.launchpadcontent.net': folderBelow('/gluster/glusterfs-3.8/ubuntu/', gluster.root),
      'api.launchpad.net': launchpad(gluster),
    });
    const settings = `http: { proxy: "${internet.proxy}", ca: "${internet.authority}" }\n`;
    const text = EXAMPLE.replace('/var/lib/mirror', 'storage').replace('/usr/share/keyrings/ubuntu-archive-keyring.gpg', ubuntu.key);
    writeFileSync(join(site.home, 'mirror.yaml'), `${settings}${text}`);
    await site.ok('sync', 'ket');
    await site.ok('publish', 'xenial-repo', 'kubernetes');
    server = await site.serve();
    client = createAptClient(join(site.root, 'client'));
    const sources = [await site.client('xenial-repo', 'apt', server.url), await site.client('kubernetes', 'apt', server.url)];
    client.sources(sources.join('\n'));
  }, 300_000);
  afterAll(async () => {
    await internet.close();
    await site.close();
  });

  /** The signing key as Launchpad's API gives it. */
  function launchpad(archive: AptArchive): Host {
    const key = readFileSync(archive.key, 'utf8');
    const resource = '/1.0/~gluster/+archive/ubuntu/glusterfs-3.8';
    const answers: Readonly<Record<string, unknown>> = {
      [resource]: { signing_key_fingerprint: archive.fingerprint },
      [`${resource}?ws.op=getSigningKeyData`]: key,
    };
    return (path) => (answers[path] === undefined ? undefined : Buffer.from(JSON.stringify(answers[path])));
  }

  it('has what the filter asks for with what that depends on, and nothing else of Ubuntu', async () => {
    const names = (await site.ok('query', 'ubuntu-main', '--format', '{{.Package}}')).trimEnd().split('\n');
    const { unwanted: _unwanted, ...wanted } = UBUNTU;
    expect(names).toEqual(Object.keys(wanted).sort());
  });

  it('is one repository that a node installs everything from', async () => {
    const updated = await client.get('update');
    expect(updated.stdout + updated.stderr).not.toMatch(/^[WE]:/m);
    const all = ['docker-ce', 'glusterfs-client', 'kubelet', 'nfs-common', 'python-apt', 'socat', 'bridge-utils'];
    const installed = await client.get('install', '--download-only', ...all);
    expect(installed).toMatchObject({ status: 0 });
    for (const name of [...all, 'libtirpc1', 'postfix', 'kubernetes-cni'])
      expect(installed.stdout).toMatch(new RegExp(`^Get:.* ${name} `, 'm'));
  });

  it('can be asked for as the nodes of the procedure that it replaces ask', async () => {
    const old = createAptClient(join(site.root, 'old'));
    const lines = ['xenial main', 'kubernetes-xenial main', 'xenial stable'].map((of) => `deb [trusted=yes] ${server.url}/ ${of}\n`);
    writeFileSync(join(old.root, 'etc/apt/sources.list'), lines.join(''));
    const updated = await old.get('update');
    expect(updated.stdout + updated.stderr).not.toMatch(/^E:|404/m);
    expect(await old.get('install', '--download-only', 'docker-ce', 'kubelet')).toMatchObject({ status: 0 });
  });

  it('is up to date when nothing has changed: each upstream is asked once', async () => {
    const before = internet.requests.length;
    expect(await site.json('sync', 'ket')).toMatchObject({ mirrors: Array(4).fill({ status: 'unchanged' }) });
    expect(internet.requests.slice(before).map((url) => url.replace(/^.*\//, ''))).toEqual(Array(4).fill('InRelease'));
  });
});
