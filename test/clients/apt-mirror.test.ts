import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildDeb } from '../support/apt-archive.ts';
import { createAptClient } from '../support/apt-client.ts';
import { createFullAptArchive, type FullAptArchive } from '../support/full-apt-archive.ts';
import { run } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

const IMAGES = 'main/installer-amd64/current/images';
const DAY = 86_400_000;

describeWithTools(['apt-get', 'apt-ftparchive', 'dpkg-deb', 'dpkg-source', 'gpg'], 'clients/apt-mirror', () => {
  let site: Site;
  let archive: FullAptArchive;

  beforeAll(async () => {
    site = await createSite();
    archive = createFullAptArchive(site.upstream, site.gnupg);
    for (const [Package, fields] of Object.entries({ hello: { Depends: 'libhello' }, libhello: { Source: 'libs' }, other: {} }))
      await archive.addPackage(await buildDeb(site.root, { Package, Version: '1.0', ...fields }));
    const udeb = await buildDeb(site.root, { Package: 'boot-udeb', Version: '1.0', Provides: 'libhello' });
    copyFileSync(udeb, udeb.replace(/deb$/, 'udeb'));
    await archive.addPackage(udeb.replace(/deb$/, 'udeb'));
    for (const name of ['hello', 'libs', 'other']) await archive.addSource(name, '1.0');
    archive.addIndex('main/Contents-amd64.gz', 'usr/bin/hello hello\n');
    archive.addIndex('main/dep11/Components-amd64.yml.gz', '---\nFile: DEP-11\n');
    archive.addIndex('main/dep11/icons-48x48.tar.gz', 'icons');
    archive.addIndex('main/cnf/Commands-amd64', 'suite: stable\n');
    archive.addIndex(`${IMAGES}/netboot/mini.iso`, 'an image');
    archive.addIndex(`${IMAGES}/SHA256SUMS`, `${createHash('sha256').update('an image').digest('hex')}  ./netboot/mini.iso\n`);
    await archive.sign();
  }, 60_000);
  afterAll(() => site.close());
  beforeEach(() => {
    site.server.intercept = () => false;
    site.server.requests.length = 0;
  });

  /** A configuration with one mirror of a name that no other test has. */
  const configure = (name: string, keys: string, more = ''): void =>
    site.configure(
      `http: { retries: 0 }\nmirrors:\n  ${name}: { type: apt, url: "${site.server.url}", suite: stable, architectures: [amd64], keys: ["${archive.key}"], ${keys} }\n${more}`,
    );
  const forget = (): void => {
    rmSync(join(site.home, 'storage'), { recursive: true });
    site.server.requests.length = 0;
  };
  const packages = async (name: string): Promise<string[]> => (await site.ok('query', name)).trimEnd().split('\n');
  const failure = async (): Promise<{ code: string; message: string }> => {
    const { stdout } = await site.mirror('sync', '--json');
    return (
      (JSON.parse(stdout) as { mirrors: { error: { code: string; message: string } }[] }).mirrors[0]?.error ?? { code: '', message: '' }
    );
  };
  const fetched = (): string[] => site.server.requests.map((path) => path.replace(/^\/dists\/stable\//, ''));

  it('mirrors everything that the archive has, and asks for one file when nothing has changed', async () => {
    const all = 'sources: true, udebs: true, installer: true, contents: true, dep11: true, cnf: true';
    configure('whole', all);
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'updated', packages: 7, verified: true }] });
    expect(fetched().filter((path) => /by-hash/.test(path))).toHaveLength(9);
    expect(fetched()).toContain(`${IMAGES}/netboot/mini.iso`);
    expect(await packages('whole')).toEqual([
      'boot-udeb_1.0_amd64',
      'hello_1.0_amd64',
      'hello_1.0_source',
      'libhello_1.0_amd64',
      'libs_1.0_source',
      'other_1.0_amd64',
      'other_1.0_source',
    ]);
    expect(await site.ok('query', 'whole', '$PackageType (udeb)')).toBe('boot-udeb_1.0_amd64\n');
    expect(await site.ok('query', 'whole', '$PackageType (source), libs')).toBe('libs_1.0_source\n');
    site.server.requests.length = 0;
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'unchanged' }] });
    expect(fetched()).toEqual(['InRelease']);
    site.server.requests.length = 0;
    configure('whole', all.replace('contents: true, ', ''));
    await site.ok('sync');
    configure('whole', all);
    site.server.requests.length = 0;
    await site.ok('sync');
    expect(fetched().every((path) => path === 'InRelease' || path.includes('by-hash') || path.includes('images'))).toBe(true);
  });

  it('has the sources of the selected packages with a filter', async () => {
    configure('filtered', 'filter: hello, withDeps: true, sources: true');
    await site.ok('sync');
    expect(await packages('filtered')).toEqual(['hello_1.0_amd64', 'hello_1.0_source', 'libhello_1.0_amd64', 'libs_1.0_source']);
    configure('dependencies', 'filter: libhello, withDeps: { source: true }');
    await site.ok('sync');
    expect(await packages('dependencies')).toEqual(['libhello_1.0_amd64', 'libs_1.0_source']);
    configure('binaries', 'withDeps: { source: true }, filter: "Priority (optional) | other"');
    await site.ok('sync');
    expect(await packages('binaries')).toEqual(['other_1.0_amd64', 'other_1.0_source']);
  });

  it('does without optional indexes that are listed and not there, and names every required one that is not', async () => {
    site.server.intercept = (request, response) => {
      if (request.url?.includes('by-hash') !== true && !/Contents|i18n/.test(request.url ?? '')) return false;
      response.writeHead(404, { 'content-length': '0' }).end();
      return true;
    };
    forget();
    configure('optional', 'contents: true');
    const { status, stderr } = await site.mirror('sync');
    expect(status).toBe(0);
    expect(stderr.match(/lists main\/i18n\/Translation-en, main\/Contents-amd64, but/g)).toHaveLength(1);
    site.server.intercept = (request, response) => {
      if (!/by-hash|Sources|debian-installer/.test(request.url ?? '')) return false;
      response.writeHead(404, { 'content-length': '0' }).end();
      return true;
    };
    forget();
    configure('required', 'sources: true, udebs: true');
    expect(await failure()).toMatchObject({
      code: 'METADATA_INCOMPLETE',
      message: expect.stringContaining('main/source/Sources, main/debian-installer/binary-amd64/Packages'),
    });
  });

  it('shows a token as Ubuntu ESM wants it, for metadata and packages alike', async () => {
    const token = join(site.root, 'token');
    const wanted = `Basic ${Buffer.from('bearer:C1abc').toString('base64')}`;
    site.server.intercept = (request, response) => {
      if (request.headers.authorization === wanted) return false;
      response.writeHead(401, { 'content-length': '0' }).end();
      return true;
    };
    writeFileSync(token, 'C1abc\n');
    configure('esm', `username: bearer, passwordFile: "${token}"`);
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'updated', packages: 3 }] });
    writeFileSync(token, 'wrong\n');
    expect(await failure()).toMatchObject({ code: 'FETCH_DENIED' });
    expect(await site.ok('query', 'esm', 'hello')).toBe('hello_1.0_amd64\n');
  });

  describe('with apt as the judge', () => {
    const update = async (folder: string, ...options: string[]): Promise<string> => {
      const client = createAptClient(join(site.root, folder));
      client.sources(`Types: deb\nURIs: ${site.server.url}\nSuites: stable\nComponents: main\nSigned-By: ${archive.key}\n`);
      const { stdout, stderr } = await client.get(...options, 'update');
      return stdout + stderr;
    };

    it('refuses metadata that has expired, unless it is told to take it', async () => {
      await archive.sign({ 'Valid-Until': new Date(Date.now() - DAY).toUTCString(), Date: new Date(Date.now() - 2 * DAY).toUTCString() });
      configure('expired', '');
      expect(await failure()).toMatchObject({ code: 'RELEASE_EXPIRED' });
      expect(await update('expired')).toMatch(/^E: Release file for .* is expired/m);
      configure('expired', 'allowExpired: true');
      await site.ok('sync');
      expect(await update('expired', '-o', 'Acquire::Check-Valid-Until=false')).not.toMatch(/^[EW]:/m);
      await archive.sign();
    });

    it('refuses metadata older than what it has, which apt takes for nothing new', async () => {
      const of = (days: number): string => new Date(Date.now() - days * DAY).toUTCString();
      await archive.sign({ Date: of(1), Version: 'newer' });
      configure('rollback', '');
      await site.ok('sync');
      await update('rollback');
      await archive.sign({ Date: of(3), Version: 'older' });
      expect(await failure()).toMatchObject({ code: 'RELEASE_ROLLBACK' });
      await update('rollback');
      const { stdout } = await run('sh', ['-c', `cat ${join(site.root, 'rollback/var/lib/apt/lists')}/*Release`]);
      expect(stdout).toContain('Version: newer');
      configure('rollback', 'allowRollback: true');
      await site.ok('sync');
      await archive.sign();
    });

    it('takes the next Release only by a key that the last one names, as apt does', async () => {
      const other = site.gnupg.makeKey(['Key-Type: eddsa', 'Key-Curve: ed25519', 'Key-Usage: sign', 'Name-Real: Other']);
      const both = join(site.root, 'both.asc');
      writeFileSync(both, Buffer.concat([readFileSync(archive.key), Buffer.from(site.gnupg.gpg(['--armor', '--export', other]))]));
      const own = /[0-9A-F]{40}/.exec(site.gnupg.gpg(['--with-colons', '--show-keys', archive.key]).toString())?.[0] ?? '';
      const client = createAptClient(join(site.root, 'signers'));
      for (const [name, bytes] of [
        ['own', readFileSync(archive.key)],
        ['other', site.gnupg.gpg(['--armor', '--export', other])],
      ] as const)
        writeFileSync(join(client.root, `etc/apt/trusted.gpg.d/${name}.asc`), bytes);
      client.sources(`Types: deb\nURIs: ${site.server.url}\nSuites: stable\nComponents: main\n`);
      site.configure(
        `mirrors:\n  signers: { type: apt, url: "${site.server.url}", suite: stable, architectures: [amd64], keys: ["${both}"] }\n`,
      );
      await archive.sign({
        'Signed-By': own,
        'Valid-Until': new Date(Date.now() + DAY).toUTCString(),
        Date: new Date(Date.now() - 60_000).toUTCString(),
      });
      await site.ok('sync');
      expect((await client.get('update')).stderr).not.toMatch(/^[EW]:/m);
      await archive.sign();
      const text = readFileSync(join(site.upstream, 'dists/stable/Release'));
      writeFileSync(join(site.upstream, 'dists/stable/InRelease'), site.gnupg.gpg(['--local-user', other, '--clearsign'], text));
      expect(await failure()).toMatchObject({ code: 'SIGNATURE_INVALID', message: expect.stringContaining(`asks for ${own}`) });
      expect((await client.get('update')).stderr).toMatch(/^[EW]: .*signature/im);
      await archive.sign();
      await site.ok('sync');
    });

    it('finds packages for all architectures where apt finds them', async () => {
      const stanza = `Package: everywhere\nVersion: 1.0\nArchitecture: all\nMaintainer: Test <test@example.com>\nDescription: x\nFilename: pool/main/x.deb\nSize: 3\nSHA256: ${createHash('sha256').update('deb').digest('hex')}\n`;
      writeFileSync(join(site.upstream, 'pool/main/x.deb'), 'deb');
      for (const extension of ['', '.gz']) archive.addIndex(`main/binary-all/Packages${extension}`, stanza);
      const found: Record<string, [apt: boolean, ours: boolean]> = {};
      for (const [name, fields] of Object.entries({
        apart: { Architectures: 'all amd64' },
        unnamed: { Architectures: 'amd64' },
        unsupported: { Architectures: 'all amd64', 'No-Support-for-Architecture-all': 'Packages' },
      })) {
        await archive.sign(fields);
        configure(`all-${name}`, '');
        await site.ok('sync');
        const client = createAptClient(join(site.root, `all-${name}`));
        client.sources(`Types: deb\nURIs: ${site.server.url}\nSuites: stable\nComponents: main\nSigned-By: ${archive.key}\n`);
        await client.get('update');
        const { status } = await client.get('download', '--print-uris', 'everywhere');
        found[name] = [status === 0, (await packages(`all-${name}`)).includes('everywhere_1.0_all')];
      }
      expect(found).toEqual({ apart: [true, true], unnamed: [false, false], unsupported: [false, false] });
      rmSync(join(site.upstream, 'dists/stable/main/binary-all'), { recursive: true });
      await archive.sign();
    });

    it('reads flat repositories as apt does, without a Release, too', async () => {
      const flat = join(site.upstream, 'flat/x');
      mkdirSync(flat, { recursive: true });
      copyFileSync(join(site.upstream, 'pool/main/hello_1.0_amd64.deb'), join(flat, 'hello_1.0_amd64.deb'));
      const scanned = await run('apt-ftparchive', ['packages', 'x'], { cwd: join(site.upstream, 'flat') });
      writeFileSync(join(flat, 'Packages.gz'), gzipSync(scanned.stdout));
      for (const [url, suite] of [
        ['flat', 'x/'],
        ['flat/', './x/'],
      ] as const) {
        site.configure(
          `mirrors:\n  flat: { type: apt, url: "${site.server.url}${url}", suite: ${suite}, architectures: [amd64], verify: [] }\n`,
        );
        expect(await site.json('sync')).toMatchObject({ mirrors: [{ packages: 1, verified: false }] });
      }
      const client = createAptClient(join(site.root, 'flat'));
      writeFileSync(join(client.root, 'etc/apt/sources.list'), `deb [trusted=yes] ${site.server.url}flat x/\n`);
      await client.get('update', '--allow-insecure-repositories');
      const { stdout } = await client.get('download', '--print-uris', 'hello');
      forget();
      await site.ok('sync');
      const [asked = ''] = site.server.requests.filter((path) => path.endsWith('.deb'));
      expect(stdout).toContain(`'${site.server.url.replace(/\/$/, '')}${asked}'`);
    });
  });
});
