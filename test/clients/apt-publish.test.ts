import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildDeb } from '../support/apt-archive.ts';
import { type AptClient, createAptClient } from '../support/apt-client.ts';
import { createFullAptArchive, type FullAptArchive } from '../support/full-apt-archive.ts';
import { type Finished, type RunningServer, run, succeed } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

const LONG = 'the foo package\n of a test, at length\n .\n and more';
const HEAD = '---\nFile: DEP-11\nVersion: "1.0"\nOrigin: full\n';

/** A flat repository of one package, signed by a key of its own, whose path is given. */
async function createFlatArchive(root: string, site: Site): Promise<string> {
  mkdirSync(root);
  await buildDeb(root, { Package: 'lonely' });
  const script =
    'apt-ftparchive packages . > Packages && gzip -k Packages && apt-ftparchive release . > ../Release.flat && mv ../Release.flat Release';
  await succeed('sh', ['-c', script], { cwd: root });
  const { gnupg } = site;
  const signer = gnupg.makeKey(['Key-Type: eddsa', 'Key-Curve: ed25519', 'Key-Usage: sign', 'Name-Real: Flat archive']);
  gnupg.gpg(['--local-user', signer, '--armor', '--detach-sign', '--output', join(root, 'Release.gpg'), join(root, 'Release')]);
  const key = join(site.root, 'flat.asc');
  writeFileSync(key, gnupg.gpg(['--armor', '--export', signer]));
  return key;
}

describeWithTools(['apt-get', 'apt-file', 'apt-ftparchive', 'dpkg-source', 'dpkg-deb', 'gpg'], 'clients/apt-publish', () => {
  let site: Site;
  let archive: FullAptArchive;
  let server: RunningServer;
  let clients = 0;

  const environment = (client: AptClient) => ({ APT_CONFIG: join(client.root, 'apt.conf'), LC_ALL: 'C', HOME: client.root });
  /** A client of a publication, updated with descriptions and the Contents that apt-file asks for. */
  const updated = async (name: string, ...options: readonly string[]): Promise<AptClient> => {
    const client = createAptClient(join(site.root, `client-${++clients}`));
    const configuration = join(client.root, 'apt.conf');
    writeFileSync(configuration, readFileSync(configuration, 'utf8') + readFileSync('/etc/apt/apt.conf.d/50apt-file.conf', 'utf8'));
    client.sources(await site.client(name, 'apt', server.url));
    const update = await client.get('-o', 'Acquire::Languages=en', ...options, 'update');
    expect(update).toMatchObject({ status: 0 });
    expect(update.stdout + update.stderr).not.toMatch(/^[WEN]:/m);
    return client;
  };
  const ask = (client: AptClient, command: string, ...args: readonly string[]): Promise<Finished> =>
    run(command, args, { env: environment(client), cwd: client.root });

  beforeAll(async () => {
    site = await createSite();
    archive = createFullAptArchive(site.upstream, site.gnupg);
    for (const spec of [
      { Package: 'foo', Source: 'foo (1:2.0)', Version: '1:2.0-1', Depends: 'foo-data', Description: LONG, Section: 'net' },
      { Package: 'foo-data', Architecture: 'all', Section: 'doc' },
      { Package: 'bar', Section: 'net' },
    ]) {
      await archive.addPackage(await buildDeb(site.root, spec));
    }
    const udeb = await buildDeb(site.root, { Package: 'anna-udeb' });
    await run('mv', [udeb, udeb.replace(/deb$/, 'udeb')]);
    await archive.addPackage(udeb.replace(/deb$/, 'udeb'));
    await archive.addSource('foo', '1:2.0');
    const lines = ['bar', 'foo', 'foo-data'].map((name) => `usr/share/doc/${name}/copyright net/${name}\n`);
    archive.addIndex('main/Contents-amd64.gz', lines.join(''));
    archive.addIndex('main/Contents-amd64', lines.join(''));
    for (const end of ['', '.gz']) {
      archive.addIndex(`main/dep11/Components-amd64.yml${end}`, `${HEAD}---\nPackage: foo\nID: foo\n---\nPackage: bar\nID: bar\n`);
      archive.addIndex(
        `main/cnf/Commands-amd64${end}`,
        'suite: s\ncomponent: main\narch: amd64\n\nname: foo\ncommands: foo\n\nname: bar\ncommands: bar\n',
      );
      archive.addIndex(`main/dep11/icons-64x64.tar${end}`, 'icons');
    }
    const md5 = createHash('md5').update(`${LONG}\n`).digest('hex');
    for (const end of ['', '.gz']) {
      archive.addIndex(
        `main/i18n/Translation-de${end}`,
        `Package: foo\nDescription-md5: ${md5}\nDescription-de: das Paket foo\n ausführlich\n`,
      );
    }
    const image = 'the image\n';
    archive.addIndex('main/installer-amd64/current/images/mini.iso', image);
    const sum = (await run('sh', ['-c', 'printf "the image\\n" | sha256sum | cut -d" " -f1'])).stdout.trim();
    archive.addIndex('main/installer-amd64/current/images/SHA256SUMS', `${sum}  ./mini.iso\n`);
    await archive.sign();
    const flat = await createFlatArchive(join(site.upstream, 'flat'), site);
    const everything = 'translations: [en, de], sources: true, udebs: true, contents: true, dep11: true, cnf: true, installer: true';
    const upstream = `type: apt, url: "${site.server.url}", suite: stable, components: [main], architectures: [amd64], keys: ["${archive.key}"], ${everything}`;
    site.configure(`
mirrors:
  whole: { ${upstream} }
  part: { ${upstream}, filter: foo, withDeps: { source: true } }
  flat: { type: apt, url: "${site.server.url}flat", suite: ./, architectures: [amd64], keys: ["${flat}"] }
publications:
  part: { from: [part], distribution: bookworm, suite: stable, codename: bookworm, version: "12", validFor: 7d, signedBy: [own] }
  whole: { from: [whole] }
  same: { from: [whole], metadata: verbatim }
  flat: { from: [flat], metadata: verbatim }
`);
    await site.ok('sync');
    await site.ok('publish', 'part', 'whole', 'same', 'flat');
    server = await site.serve();
  });
  afterAll(() => site.close());

  it.each(['yes', 'no'])('gives a filtered repository its long descriptions (by hash: %s)', async (byHash) => {
    const options = ['-o', `Acquire::By-Hash=${byHash}`];
    const client = await updated('part', ...options);
    const shown = (await ask(client, 'apt-cache', 'show', 'foo')).stdout;
    expect(shown).toContain('Description-en: the foo package\n of a test, at length\n .\n and more\n');
    expect((await ask(client, 'apt-cache', 'policy')).stdout).toMatch(/release v=12,o=part,a=stable,n=bookworm,l=part,c=main,b=amd64/);
    expect((await client.get('install', '--download-only', ...options, 'foo')).status).toBe(0);
    expect((await client.get('install', '--simulate', 'bar')).stderr).toContain('Unable to locate package bar');
  });

  it('gives clients the languages that are mirrored', async () => {
    const client = await updated('part', '-o', 'Acquire::Languages=de');
    const shown = await run('apt-cache', ['-o', 'Acquire::Languages=de', 'show', 'foo'], {
      env: { ...environment(client), LC_ALL: 'C.UTF-8' },
    });
    expect(shown.stdout).toContain('Description-de: das Paket foo\n ausführlich\n');
  });

  it('publishes a flat repository as its upstream has it', async () => {
    const client = await updated('flat');
    expect(await client.get('install', '--download-only', 'lonely')).toMatchObject({ status: 0 });
    expect(readdirSync(join(client.root, 'var/cache/apt/archives'))).toContain('lonely_1.0-1_amd64.deb');
    expect(await site.ok('client', 'flat', '--for', 'apt', '--one-line', '--url', server.url)).toMatch(
      /^deb \[.*\] http\S+\/flat\/ \.\/$/m,
    );
  });

  it('lets apt-get source fetch and unpack what a package was built from', async () => {
    for (const name of ['part', 'whole', 'same']) {
      const client = await updated(name);
      const source = await ask(client, 'apt-get', 'source', 'foo');
      expect(source).toMatchObject({ status: 0 });
      expect(readFileSync(join(client.root, 'foo-2.0/hello'), 'utf8')).toBe('foo 1:2.0\n');
    }
  });

  it('lets apt-file find files, of what is published alone', async () => {
    const part = await updated('part');
    expect((await ask(part, 'apt-file', 'search', 'copyright')).stdout).toBe(
      'foo: /usr/share/doc/foo/copyright\nfoo-data: /usr/share/doc/foo-data/copyright\n',
    );
    const whole = await updated('whole');
    const listed = (await ask(whole, 'apt-file', 'search', 'copyright')).stdout;
    expect(listed.split('\n').filter((line) => line !== '')).toHaveLength(3);
    expect((await ask(whole, 'apt-file', 'list', 'bar')).stdout).toBe('bar: /usr/share/doc/bar/copyright\n');
  });

  it('publishes the rest of a suite: packages and images of the installer, software components, commands', async () => {
    const get = async (path: string): Promise<string> => {
      const response = await fetch(`${server.url}/${path}`);
      expect([path, response.status]).toEqual([path, 200]);
      return await response.text();
    };
    const part = 'part/dists/bookworm/main';
    expect(await get(`${part}/installer-amd64/current/images/mini.iso`)).toBe('the image\n');
    expect(await get(`${part}/installer-amd64/current/images/SHA256SUMS`)).toMatch(/mini\.iso/);
    expect(await get('whole/dists/stable/main/debian-installer/binary-amd64/Packages')).toContain('Package: anna-udeb\n');
    await get(`${part}/dep11/icons-64x64.tar.gz`);
    const release = await get('part/dists/bookworm/Release');
    expect(release).toMatch(/^Valid-Until: /m);
    expect(release).toMatch(/^Signed-By: [0-9A-F]{40}$/m);
    for (const path of ['dep11/Components-amd64.yml', 'cnf/Commands-amd64', 'Contents-amd64', 'i18n/Translation-en', 'source/Sources']) {
      expect(release).toContain(` main/${path}\n`);
      expect(release).toContain(` main/${path}.gz\n`);
    }
  });

  it("publishes a mirror as its upstream has it, which apt takes with the upstream's key", async () => {
    const served = join(archive.root, 'dists/stable');
    for (const path of ['InRelease', 'Release', 'Release.gpg', 'main/binary-amd64/Packages.gz', 'main/dep11/Components-amd64.yml']) {
      const response = await fetch(`${server.url}/same/dists/stable/${path}`);
      expect([path, Buffer.from(await response.arrayBuffer()).equals(readFileSync(join(served, path)))]).toEqual([path, true]);
    }
    const client = await updated('same');
    expect((await client.get('install', '--download-only', 'foo', 'bar')).status).toBe(0);
    const archives = readdirSync(join(client.root, 'var/cache/apt/archives')).filter((name) => name.endsWith('.deb'));
    expect(archives.sort()).toEqual(['bar_1.0-1_amd64.deb', 'foo-data_1.0-1_all.deb', 'foo_1%3a2.0-1_amd64.deb']);
    const hash = createAptClient(join(site.root, 'hash'));
    hash.sources(await site.client('same', 'apt', server.url));
    const { stdout, stderr } = await hash.get('update', '-o', 'Debug::Acquire::http=true');
    expect(stdout + stderr).toMatch(/GET \/same\/dists\/stable\/main\/binary-amd64\/by-hash\/SHA512\//);
    await updated('same', '-o', 'Acquire::By-Hash=no');
  });

  it('says so when the upstream goes back in time, and when it is published as it is', async () => {
    await archive.sign({ Date: new Date(Date.now() - 86_400_000).toUTCString() });
    site.configure(
      readFileSync(join(site.home, 'mirror.yaml'), 'utf8')
        .replace(/^storage.*\nsigning.*\n/, '')
        .replace('  whole: { type', '  whole: { allowRollback: true, type'),
    );
    await site.ok('sync', 'whole');
    const { status, stderr } = await site.mirror('publish', 'same');
    expect(status).toBe(0);
    expect(stderr).toContain('clients that have seen that keep it');
    expect((await site.mirror('publish', 'same', '--generation', '1')).status).toBe(0);
  });
});
