import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { syncMirrors } from '../../src/ops/sync.ts';
import { yumFamily } from '../../src/yum/family.ts';
import { openWorkplace, type Workplace } from '../ops/operation-context.ts';
import { createDnfClient, type DnfClient } from '../support/dnf-client.ts';
import { type FileServer, serveFiles } from '../support/file-server.ts';
import { type RunningServer, succeed } from '../support/program.ts';
import { describeWithTools, SHARED_DATA } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

/** Everything that dnf reads of a package in a repository. */
const QUERY = '%{name}-%{epoch}:%{version}-%{release}.%{arch} %{size} %{installsize} %{buildtime} %{license} %{sourcerpm} %{summary}';

/** Repositories as their publishers made them, taken over and judged by dnf. */
describeWithTools(['shared data', 'createrepo_c', 'dnf', 'gpg'], 'clients/real-yum', () => {
  const data = SHARED_DATA ?? '';
  let site: Site;
  let upstream: FileServer;
  let server: RunningServer;
  let ours: DnfClient;
  let theirs: DnfClient;

  const query = async (client: DnfClient, repository: string, ...what: readonly string[]): Promise<string[]> => {
    const finished = await client.dnf('--quiet', 'repoquery', `--repo=${repository}`, ...what);
    expect(finished).toMatchObject({ status: 0 });
    return finished.stdout.trim().split('\n').sort();
  };

  beforeAll(async () => {
    site = await createSite();
    upstream = await serveFiles(data);
    cpSync(join(data, 'fixtures/zoo'), join(site.upstream, 'zoo'), { recursive: true });
    await succeed('chmod', ['-R', 'u+w', site.upstream]);
    rmSync(join(site.upstream, 'zoo/modules.yaml'), { force: true });
    await succeed('createrepo_c', ['--quiet', '--excludes', '*.src.rpm', join(site.upstream, 'zoo')]);
    site.configure(`
http: { retries: 0 }
mirrors:
  opensuse: { type: yum, url: "${upstream.url}rpm/opensuse-zst/x86_64", keys: ["${data}/rpm/opensuse-zst/outtathebox5319-rpm-signing-key.asc"] }
  zoo: { type: yum, url: "${site.server.url}zoo", verify: [] }
  missing: { type: yum, url: "${upstream.url}rpm/al2023", keys: ["${data}/rpm/al2023/RPM-GPG-KEY"] }
  weak: { type: yum, url: "${upstream.url}rpm/lzma-sha1", keys: ["${data}/rpm/lzma-sha1/repodata/repomd.xml.key"] }
publications:
  opensuse: { from: [opensuse] }
  zoo: { from: [zoo] }
`);
    await site.ok('sync', 'opensuse', 'zoo');
    await site.ok('publish', 'opensuse', 'zoo');
    server = await site.serve();
    ours = createDnfClient(join(site.root, 'ours'));
    ours.repositories(`${await site.client('opensuse', 'yum', server.url)}\n${await site.client('zoo', 'yum', server.url)}`);
    theirs = createDnfClient(join(site.root, 'theirs'));
    theirs.repositories(
      [`opensuse ${upstream.url}rpm/opensuse-zst/x86_64`, `zoo ${site.server.url}zoo`]
        .map((line) => line.split(' '))
        .map(([name, url]) => `[${name}]\nname=${name}\nbaseurl=${url}\ngpgcheck=0\nrepo_gpgcheck=0\n`)
        .join('\n'),
    );
  }, 120_000);
  afterAll(async () => {
    await upstream.close();
    await site.close();
  });

  it.each(['opensuse', 'zoo'])(
    'has what the upstream of %s has, as dnf reads it, with the signature of the metadata checked',
    async (name) => {
      expect(await site.client(name, 'yum', server.url)).toContain('repo_gpgcheck=1');
      expect(await query(ours, name, '--qf', QUERY)).toEqual(await query(theirs, name, '--qf', QUERY));
      for (const what of ['--requires', '--provides', '--list', '--changelogs']) {
        expect(await query(ours, name, what)).toEqual(await query(theirs, name, what));
      }
    },
  );

  it('installs packages from it', async () => {
    const { status, stdout } = await ours.dnf('install', '--repo=zoo', 'lion', 'bear');
    expect(stdout).toContain('Complete!');
    expect(status).toBe(0);
  });

  it('says so where nothing was verified', async () => {
    expect(await site.json('list')).toMatchObject([
      { name: 'opensuse', verified: { metadata: true, packages: true } },
      { name: 'zoo', verified: { metadata: false, packages: false } },
      { name: 'missing' },
      { name: 'weak' },
    ]);
    expect((await site.mirror('publish', 'list')).stdout).toMatch(/^zoo .* NO /m);
  });

  it('reports what an incomplete upstream lacks, and a signature that is too weak, and keeps the rest', async () => {
    const { status, stdout } = await site.mirror('sync', '--json');
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      mirrors: [
        { name: 'opensuse', status: 'unchanged' },
        { name: 'zoo', status: 'unchanged' },
        { name: 'missing', status: 'failed', error: { code: 'SYNC_INCOMPLETE', message: expect.stringContaining('python2.7-libs') } },
        { name: 'weak', status: 'failed', error: { code: 'SIGNATURE_WEAK' } },
      ],
    });
  });
});

/** Every real repository is taken over whole, or exactly what its publisher's server lacks is named. */
describeWithTools(['shared data'], 'clients/real-yum whole', () => {
  const data = SHARED_DATA ?? '';
  const REPOSITORIES = [
    'rpm/pgdg-common-el8',
    'rpm/al2023',
    'rpm/rpm6/packages',
    'rpm/rpm6/noarch',
    'rpm/rpm6/x86_64',
    'rpm/rpm6/SRPMS',
    'rpm/opensuse-zst',
    'rpm/opensuse-zst/x86_64',
    'rpm/opensuse-zst/SRPMS',
    'rpm/fedora34',
    'rpm/lzma-sha1',
    'rpm/el5-v3sig',
    'rpm/el5-v3sig/rpm.datastax.com/community',
    'fixtures/createrepo_c/repo_00',
    'fixtures/createrepo_c/repo_03',
    'fixtures/createrepo_c/repo_04',
    'fixtures/createrepo_c/repo_koji_01',
    'fixtures/createrepo_c/repo_koji_02',
    'fixtures/createrepo_c/repo_with_additional_metadata',
    'fixtures/createrepo_c/repo_with_duplicate_packages',
  ];
  const names = new Map(REPOSITORIES.map((path) => [path, path.toLowerCase().replace(/[^a-z0-9]+/g, '-')]));
  let upstream: FileServer;
  let place: Workplace;

  beforeAll(async () => {
    upstream = await serveFiles(data);
    const mirrors = [...names].map(([path, name]) => {
      const architectures = path.endsWith('SRPMS') ? ', architectures: [src]' : '';
      return `  ${name}: { type: yum, url: "${upstream.url}${path}/", verify: []${architectures} }`;
    });
    place = await openWorkplace(`http: { retries: 0 }\nmirrors:\n${mirrors.join('\n')}\n`);
  });
  afterAll(async () => {
    await place.close();
    await upstream.close();
  });

  it.each(REPOSITORIES)('%s', async (path) => {
    const name = names.get(path) ?? '';
    const { mirrors } = await syncMirrors([name], place.context);
    const config = place.context.config.mirrors[name];
    const upstreamState = place.context.catalogue.mirror(name)?.upstream;
    if (upstreamState === undefined || config?.type !== 'yum') throw new Error(`no metadata of ${path}`);
    const candidates = await yumFamily.load(name, config, upstreamState, place.context.blobs, () => undefined);
    const missing = candidates.filter(({ location }) => !existsSync(join(data, path, location)));
    if (missing.length === 0) expect(mirrors).toMatchObject([{ status: 'updated', packages: candidates.length }]);
    else expect(mirrors).toMatchObject([{ status: 'failed', error: { code: 'SYNC_INCOMPLETE', details: { failed: missing.length } } }]);
  });
});
