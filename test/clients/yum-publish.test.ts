import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseRepomd, type RepomdRecord } from '../../src/yum/format/repodata/repomd.ts';
import { createDnfClient, type DnfClient } from '../support/dnf-client.ts';
import { type RunningServer, succeed } from '../support/program.ts';
import { describeWithTools, SHARED_DATA } from '../support/requirements.ts';
import { buildRpm, signRpms } from '../support/rpm-repository.ts';
import { createSite, type Site } from '../support/site.ts';
import { copyPackages, publishWith } from '../support/yum-fixtures.ts';

const TOOLS = ['dnf', 'createrepo_c', 'modifyrepo_c', 'rpmbuild', 'python3-createrepo-c', 'rpmsign', 'gpg', 'shared data'];

/** What is compared of the databases. The numbers of packages are not: they depend on the order. */
const COLUMNS =
  'pkgId, name, arch, version, epoch, release, summary, url, time_file, time_build, rpm_sourcerpm, size_package, location_href';
const TABLES: Readonly<Record<'primary' | 'filelists' | 'other', readonly string[]>> = {
  primary: [
    `SELECT ${COLUMNS}, checksum_type, rpm_header_start, rpm_header_end FROM packages ORDER BY pkgId`,
    'SELECT pkgId, p.name, flags, p.version FROM provides p JOIN packages USING (pkgKey) ORDER BY 1, 2, 3, 4',
    'SELECT pkgId, r.name, flags, pre FROM requires r JOIN packages USING (pkgKey) ORDER BY 1, 2, 3, 4',
  ],
  filelists: ['SELECT pkgId, dirname, filenames, filetypes FROM filelist JOIN packages USING (pkgKey) ORDER BY 1, 2'],
  other: ['SELECT pkgId FROM packages ORDER BY 1'],
};

/** Reads repositories with the parser of createrepo_c. Prints how many packages there are, and whether each is as the upstream has it. */
const COMPARE = `
import sys, createrepo_c as cr
def dump(p):
    # What was added by hand is at a place and of a time of its own.
    if p.name == 'site-tool': p.location_href, p.time_file = 'x', 0
    return cr.xml_dump(p)
def load(directory):
    md = cr.Metadata()
    md.locate_and_load_xml(directory)
    return {key: dump(md.get(key)) for key in md.keys()}
published = load(sys.argv[1])
upstreams = [load(directory) for directory in sys.argv[2:]]
print(len(published), all(any(upstream.get(key) == value for upstream in upstreams) for key, value in published.items()))
`;

/** What each publication has that `install` asks for, and how many packages dnf sees in it. */
const PUBLICATIONS: Readonly<Record<string, { readonly install: string; readonly packages: number }>> = {
  whole: { install: 'dolphin', packages: 35 },
  filtered: { install: 'dolphin', packages: 5 },
  merged: { install: 'dolphin', packages: 60 },
  frozen: { install: 'dolphin', packages: 35 },
  local: { install: 'site-tool', packages: 36 },
  verbatim: { install: 'dolphin', packages: 35 },
  'verbatim-frozen': { install: 'dolphin', packages: 35 },
  zst: { install: 'dolphin', packages: 35 },
  xz: { install: 'dolphin', packages: 35 },
  database: { install: 'dolphin', packages: 35 },
};

describeWithTools(TOOLS, 'clients/yum-publish', () => {
  let site: Site;
  let server: RunningServer;
  let client: DnfClient;
  let signer: string;
  const images: Readonly<Record<string, string>> = { 'images/pxeboot/vmlinuz': 'a kernel', 'images/pxeboot/initrd.img': 'an image' };

  beforeAll(async () => {
    site = await createSite();
    signer = site.gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign', 'Name-Real: Test packager']);
    const key = join(site.root, 'key.asc');
    writeFileSync(key, site.gnupg.gpg(['--armor', '--export', signer]));
    const zoo = join(site.upstream, 'zoo');
    const modular = join(site.upstream, 'modular');
    const fixtures = join(SHARED_DATA ?? '', 'fixtures');
    const product = join(site.root, 'productid');
    writeFileSync(product, 'a certificate\n');
    await copyPackages('fixtures/zoo', zoo, site.gnupg, signer);
    const further = { group: 'comps.xml', modules: 'modules.yaml', updateinfo: 'updateinfo.xml' };
    const inZoo = Object.fromEntries(Object.entries(further).map(([type, name]) => [type, join(fixtures, 'zoo', name)]));
    await publishWith(zoo, site.gnupg, signer, { ...inZoo, productid: product });
    writeTree(zoo, images);
    await copyPackages('fixtures/modular', modular, site.gnupg, signer);
    await publishWith(modular, site.gnupg, signer, { modules: join(fixtures, 'modular/modules.yaml') });

    const own = join(site.root, 'own');
    await buildRpm(own, { name: 'site-tool', preamble: ['Requires: dolphin'] });
    await signRpms(own, site.gnupg, signer);
    await succeed('createrepo_c', ['--quiet', own]);

    const mirror = (name: string, more = ''): string => `{ type: yum, url: "${site.server.url}${name}/", keys: ["${key}"]${more} }`;
    site.configure(`
mirrors:
  zoo: ${mirror('zoo', ', installer: true')}
  modular: ${mirror('modular')}
  some: ${mirror('zoo', ', filter: dolphin, withDeps: true')}
repos:
  ours: { type: yum, keys: ["${key}"] }
publications:
  whole: { from: [zoo] }
  filtered: { from: [some] }
  merged: { from: [zoo, modular] }
  frozen: { from: [frozen-zoo] }

  local: { from: [zoo, ours] }
  verbatim: { from: [zoo], metadata: verbatim }
  verbatim-frozen: { from: [frozen-zoo], metadata: verbatim }
  zst: { from: [zoo], compression: zst }
  xz: { from: [zoo], compression: xz }
  database: { from: [zoo], database: true }
`);
    await site.ok('sync');
    await site.ok('snapshot', 'create', 'frozen-zoo', '--from', 'zoo');
    await site.ok('repo', 'add', 'ours', own);
    await site.ok('publish', ...Object.keys(PUBLICATIONS));
    server = await site.serve();
    client = createDnfClient(join(site.root, 'client'));
    const files = await Promise.all(Object.keys(PUBLICATIONS).map((name) => site.client(name, 'yum', server.url)));
    client.repositories(files.join('\n'));
    // dnf lists advisories of what is installed.
    const installed = await client.dnf('--repo=whole', 'install', 'bear', 'penguin');
    if (installed.status !== 0) throw new Error(`${installed.stdout}${installed.stderr}`);
  }, 120_000);
  afterAll(() => site.close());

  async function fetched(path: string): Promise<Buffer> {
    const response = await fetch(`${server.url}/${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }

  async function records(name: string): Promise<Map<string, RepomdRecord>> {
    const { records } = parseRepomd(await fetched(`${name}/repodata/repomd.xml`), name);
    for (const { checksum, path, size } of records) {
      const bytes = await fetched(`${name}/${path}`);
      expect([path, bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([path, size, checksum.value]);
    }
    return new Map(records.map((record) => [record.type, record]));
  }

  it('tells clients to check both signatures of every kind of publication, with the right keys', async () => {
    for (const name of Object.keys(PUBLICATIONS)) {
      const text = await site.client(name, 'yum', server.url);
      expect(text, name).toMatch(/^gpgcheck=1$/m);
      expect(text, name).toMatch(/^repo_gpgcheck=1$/m);
    }
    expect(await client.dnf('makecache')).toMatchObject({ status: 0 });
  });

  it.each(Object.entries(PUBLICATIONS))(
    '%s is read by dnf, closed, and installs',
    async (name, { install, packages }) => {
      const only = [`--repo=${name}`, '--quiet'];
      const query = await client.dnf(...only, 'repoquery', '--disable-modular-filtering', '--qf', '%{name}-%{evr}.%{arch}');
      expect(query.stdout.trim().split('\n').length).toBe(packages);
      expect(await client.dnf(...only, '--enableplugin=repoclosure', 'repoclosure', '--check', name)).toMatchObject({
        status: 0,
        stdout: '',
      });
      const installed = await client.dnf(`--repo=${name}`, 'install', '--downloadonly', install);
      expect(installed, installed.stderr).toMatchObject({ status: 0 });
      expect(installed.stdout).toContain('Complete!');
    },
    60_000,
  );

  it.each(Object.keys(PUBLICATIONS))(
    '%s has the groups, advisories and modules of what is in it',
    async (name) => {
      const only = [`--repo=${name}`, '--quiet'];
      const whole = name !== 'filtered';
      const groups = await client.dnf(...only, 'group', 'list', '--hidden');
      expect(groups).toMatchObject({ status: 0 });
      expect(groups.stdout).toContain('mammal');
      const advisories = await client.dnf(...only, 'updateinfo', 'list', '--all');
      expect(advisories).toMatchObject({ status: 0 });
      expect(/RHEA-2012:0055/.test(advisories.stdout)).toBe(whole);
      const modules = await client.dnf(...only, 'module', 'list');
      if (whole) expect(modules.stdout).toMatch(/^duck\s+0/m);
      expect(/^nodejs\s+10/m.test(modules.stdout)).toBe(name === 'merged');
    },
    60_000,
  );

  // This version of it does not read zstd.
  it.each(Object.entries(PUBLICATIONS).filter(([name]) => name !== 'zst'))(
    '%s has every value of createrepo_c',
    async (name, { packages }) => {
      const upstreams = [...['zoo', 'modular'].map((folder) => join(site.upstream, folder)), join(site.root, 'own')];
      const answer = await succeed('/usr/bin/python3', ['-c', COMPARE, `${server.url}/${name}/`, ...upstreams]);
      expect(answer.trim()).toBe(`${packages} True`);
    },
  );

  it('publishes records in the order of createrepo_c, comps plain and packed for old clients, and the product id as it is', async () => {
    const whole = await records('whole');
    expect([...whole.keys()]).toEqual(['primary', 'filelists', 'other', 'group', 'group_gz', 'modules', 'productid', 'updateinfo']);
    expect(whole.get('group')?.path).toMatch(/^repodata\/[0-9a-f]{64}-comps\.xml$/);
    expect(whole.get('productid')?.path).toMatch(/^repodata\/[0-9a-f]{64}-productid\.gz$/);
    const zst = await records('zst');
    expect([...zst.values()].filter(({ type }) => type !== 'productid').map(({ path }) => path.slice(path.lastIndexOf('.')))).toEqual(
      Array.from({ length: 6 }, () => '.zst'),
    );
    expect([...(await records('xz')).keys()]).toEqual([...zst.keys()]);
    await records('merged');
    expect([...(await records('filtered')).keys()]).not.toContain('modules');
  });

  it('publishes databases with what createrepo_c has in its own', async () => {
    const published = await records('database');
    expect([...published.keys()].slice(0, 6)).toEqual(['primary', 'filelists', 'other', 'primary_db', 'filelists_db', 'other_db']);
    const theirs = join(site.root, 'databases');
    mkdirSync(theirs);
    await succeed('createrepo_c', ['--quiet', '--compress-type=gz', '--outputdir', theirs, join(site.upstream, 'zoo')]);
    const names = readdirSync(join(theirs, 'repodata'));
    for (const [name, queries] of Object.entries(TABLES)) {
      const record = published.get(`${name}_db`);
      expect(record?.databaseVersion).toBe(10);
      const expected = names.find((file) => file.endsWith(`-${name}.sqlite.gz`)) ?? '';
      const [ours, wanted] = [await fetched(`database/${record?.path}`), readFileSync(join(theirs, 'repodata', expected))].map(
        (packed) => new Database(gunzipSync(packed)),
      );
      expect(ours?.prepare('SELECT * FROM db_info').get()).toEqual({ dbversion: 10, checksum: published.get(name)?.checksum.value });
      for (const query of queries) {
        const rows = ours?.prepare(query).raw().all();
        expect(rows?.length).toBeGreaterThan(20);
        expect(rows).toEqual(wanted?.prepare(query).raw().all());
      }
    }
  });

  it('keeps every byte of a verbatim publication, and the names of its files', async () => {
    const names = readdirSync(join(site.upstream, 'zoo/repodata'));
    expect(names.length).toBeGreaterThan(8);
    for (const publication of ['verbatim', 'verbatim-frozen']) {
      for (const name of names) {
        const served = await fetched(`${publication}/repodata/${name}`);
        expect(served.equals(readFileSync(join(site.upstream, 'zoo/repodata', name))), name).toBe(true);
      }
    }
    expect(await site.json('publish', 'list')).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'verbatim', verified: true, signedBy: signer })]),
    );
  });

  it('publishes the installer at its own places, with the checksum of the new metadata', async () => {
    for (const publication of ['whole', 'verbatim', 'frozen', 'merged']) {
      for (const [path, content] of Object.entries(images)) expect((await fetched(`${publication}/${path}`)).toString()).toBe(content);
      const tree = (await fetched(`${publication}/.treeinfo`)).toString();
      const repomd = createHash('sha256')
        .update(await fetched(`${publication}/repodata/repomd.xml`))
        .digest('hex');
      expect(tree).toContain(`repodata/repomd.xml = sha256:${repomd}\n`);
      expect(tree.replace(/^repodata.*$/m, '')).toBe(
        readFileSync(join(site.upstream, 'zoo/.treeinfo'), 'utf8').replace(/^repodata.*$/m, ''),
      );
    }
    expect((await fetched('whole/treeinfo')).equals(await fetched('whole/.treeinfo'))).toBe(true);
  });
});

/** A .treeinfo as productmd writes it, and what it names. */
function writeTree(folder: string, images: Readonly<Record<string, string>>): void {
  const files = { ...images, 'repodata/repomd.xml': readFileSync(join(folder, 'repodata/repomd.xml')) };
  const checksums = Object.entries(files).map(
    ([path, content]) => `${path} = sha256:${createHash('sha256').update(content).digest('hex')}`,
  );
  const text = `[checksums]
${checksums.join('\n')}

[general]
arch = x86_64
family = Zoo
packagedir =
repository = .
version = 1

[header]
type = productmd.treeinfo
version = 1.2

[images-x86_64]
initrd = images/pxeboot/initrd.img
kernel = images/pxeboot/vmlinuz

[release]
name = Zoo
short = Zoo
version = 1

[tree]
arch = x86_64
build_timestamp = 1539194952
platforms = x86_64
variants = Zoo

[variant-Zoo]
id = Zoo
name = Zoo
packages = .
repository = .
type = variant
uid = Zoo
`;
  writeFileSync(join(folder, '.treeinfo'), text);
  for (const [path, content] of Object.entries(images)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}
