import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createDnfClient, type DnfClient } from '../support/dnf-client.ts';
import { type RunningServer, succeed } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { buildRpm } from '../support/rpm-repository.ts';
import { createSite, type Site } from '../support/site.ts';

const ODD = 'we ird+a~b^c%2Bd:e@f,g=h&i(j)é.noarch.rpm';

/** Repositories whose packages are where nobody expects them, taken over, and published where dnf finds them. */
describeWithTools(['rpmbuild', 'createrepo_c', 'dnf', 'gpg'], 'clients/yum-locations', () => {
  let site: Site;
  let server: RunningServer;
  let asked: string[] = [];
  let clients = 0;

  const inUpstream = (path: string): string => join(site.upstream, path);
  const repository = (path: string, ...options: readonly string[]): Promise<string> => {
    mkdirSync(inUpstream(path), { recursive: true });
    return succeed('createrepo_c', ['--quiet', '--outputdir', inUpstream(path), ...options]);
  };

  beforeAll(async () => {
    site = await createSite();
    for (const [index, pool] of ['pool', 'other/pool', 'a/prefix/x/y'].entries()) {
      await buildRpm(inUpstream(pool), { name: 'foo', version: `${index + 1}` });
      renameSync(inUpstream(`${pool}/foo-${index + 1}-1.noarch.rpm`), inUpstream(`${pool}/foo.rpm`));
    }
    await buildRpm(inUpstream('odd'), { name: 'odd' });
    renameSync(inUpstream('odd/odd-1.0-1.noarch.rpm'), inUpstream(`odd/${ODD}`));
    await buildRpm(inUpstream('encoded'), { name: 'c++', files: ['/usr/share/c/data'] });

    await repository('a/outside', '--location-prefix', '../../pool', inUpstream('pool'));
    await repository('a/base', '--baseurl', `${site.server.url}other/pool`, inUpstream('other/pool'));
    await repository('a/prefix', '--location-prefix', './x//y/.', inUpstream('a/prefix/x/y'));
    await repository('odd', inUpstream('odd'));
    // Both packages are called foo.rpm and lie outside.
    await repository(
      'a/same',
      '--location-prefix',
      '../..',
      '--excludes',
      'odd*',
      '--excludes',
      'a',
      '--excludes',
      'encoded',
      site.upstream,
    );
    // Some generators encode what they write, which dnf takes literally.
    await repository('encoded', '--no-database', '--simple-md-filenames', inUpstream('encoded'));
    const names = ['outside', 'base', 'prefix', 'same'].map((name) => [name, `a/${name}`]);
    const mirrors = [...names, ['odd', 'odd'], ['encoded', 'encoded']];
    site.configure(`
http: { retries: 0, concurrency: 1 }
mirrors:
${mirrors.map(([name, path]) => `  ${name}: { type: yum, url: "${site.server.url}${path}/", verify: [] }`).join('\n')}
publications:
${mirrors.map(([name]) => `  ${name}: { from: [${name}] }`).join('\n')}
`);
    server = await site.serve();
  }, 60_000);
  afterAll(() => site.close());
  beforeEach(() => {
    asked = [];
    site.server.intercept = (request) => {
      if (request.url?.endsWith('.rpm') === true) asked.push(request.url);
      return false;
    };
  });

  const client = (name: string, url: string): DnfClient => {
    const dnf = createDnfClient(join(site.root, `client-${clients++}`));
    dnf.repositories(`[${name}]\nname=${name}\nbaseurl=${url}\ngpgcheck=0\nrepo_gpgcheck=0\n`);
    return dnf;
  };
  const download = async (dnf: DnfClient, ...packages: readonly string[]): Promise<void> => {
    const { status, stdout, stderr } = await dnf.dnf('install', '--downloadonly', ...packages);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout, stderr: expect.any(String) });
  };
  const bring = async (name: string): Promise<void> => {
    await site.ok('sync', name);
    await site.ok('publish', name);
  };

  it.each([
    ['outside', 'foo', 'a/outside', 'Packages/f/foo.rpm'],
    ['base', 'foo', 'a/base', 'foo.rpm'],
    ['prefix', 'foo', 'a/prefix', 'x/y/foo.rpm'],
    ['odd', 'odd', 'odd', ODD],
  ])('of %s are asked for as dnf does, and found by dnf where they are published', async (name, wanted, path, published) => {
    await download(client(name, `${site.server.url}${path}/`), wanted);
    const byDnf = asked.splice(0);
    expect(byDnf).toHaveLength(1);
    await bring(name);
    expect(asked.map(normal)).toEqual(byDnf.map(normal));
    expect(await (await fetch(`${server.url}/${name}/${published.split('/').map(encodeURIComponent).join('/')}`)).bytes()).toHaveLength(
      Number(/size package="(\d+)"/.exec(await primaryOf(`${server.url}/${name}`))?.[1]),
    );
    await download(client(name, `${server.url}/${name}/`), wanted);
  });

  it('are kept apart where two of them would be at one place', async () => {
    await bring('same');
    const primary = await primaryOf(`${server.url}/same`);
    const places = [...primary.matchAll(/<location href="([^"]*)"/g)].map(([, href]) => href);
    expect(places).toEqual([
      expect.stringMatching(/^Packages\/f\/[0-9a-f]{16}\/foo\.rpm$/),
      expect.stringMatching(/^Packages\/f\/[0-9a-f]{16}\/foo\.rpm$/),
    ]);
    expect(new Set(places)).toHaveProperty('size', 2);
    for (const version of ['1', '2']) await download(client('same', `${server.url}/same/`), `foo-${version}`);
  });

  it('are found where the metadata has them encoded, and so is what clients take from there', async () => {
    const folder = inUpstream('encoded/repodata');
    const primary = readFileSync(join(folder, 'primary.xml.gz'));
    const changed = gunzipSync(primary).toString().replace('href="c++', 'href="c%2B%2b');
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    writeFileSync(join(folder, 'primary.xml'), changed);
    const sum = (await succeed('sha256sum', [join(folder, 'primary.xml')])).slice(0, 64);
    writeFileSync(
      join(folder, 'repomd.xml'),
      `<repomd><data type="primary"><checksum type="sha256">${sum}</checksum><location href="repodata/primary.xml"/></data></repomd>`,
    );
    await bring('encoded');
    expect(asked).toEqual([expect.stringContaining('c%252B%252b'), expect.stringContaining('c%2B%2b')]);
    await download(client('encoded', `${server.url}/encoded/`), 'c++');
  });
});

/** Clients write the same path with and without `.` segments and doubled slashes. */
function normal(path: string): string {
  return new URL(path.replace(/\/{2,}/g, '/'), 'http://h').pathname;
}

async function primaryOf(url: string): Promise<string> {
  const repomd = await (await fetch(`${url}/repodata/repomd.xml`)).text();
  const [path = ''] = /repodata\/[^"]*primary\.xml\.gz/.exec(repomd) ?? [];
  return gunzipSync(await (await fetch(`${url}/${path}`)).bytes()).toString();
}
