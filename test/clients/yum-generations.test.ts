import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSession } from '../../src/cli/session.ts';
import { generateKey } from '../../src/openpgp/generate-key.ts';
import { publish } from '../../src/ops/publish.ts';
import { collector } from '../cli/collector.ts';
import { createDnfClient, type DnfClient } from '../support/dnf-client.ts';
import { mirrorJson, type RunningServer } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { buildRpm, publishRpms } from '../support/rpm-repository.ts';
import { createSite, type Site } from '../support/site.ts';

const PUBLISHES = 200;

describeWithTools(['dnf', 'rpmbuild', 'rpmsign', 'createrepo_c', 'gpg'], 'clients/yum-generations', () => {
  let site: Site;
  let server: RunningServer;
  let signer: string;
  let key: string;

  const mirrorOf = (name: string): string => `{ type: yum, url: "${site.server.url}${name}/", keys: ["${key}"] }`;
  const configure = (publications: string): void =>
    site.configure(`
mirrors:
  test: ${mirrorOf('test')}
  resigned: ${mirrorOf('resigned')}
publications:
${publications}
`);
  const makeKey = (name: string): string =>
    site.gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign', `Name-Real: ${name}`]);
  const clientOf = async (name: string): Promise<DnfClient> => {
    const client = createDnfClient(join(site.root, `client-${name}`));
    client.repositories(await site.client(name, 'yum', server.url));
    return client;
  };

  beforeAll(async () => {
    site = await createSite();
    signer = makeKey('Test packager');
    const other = makeKey('Another packager');
    key = join(site.root, 'keys.asc');
    writeFileSync(key, site.gnupg.gpg(['--armor', '--export', signer, other]));
    const folder = join(site.upstream, 'test');
    configure('  site: { from: [test] }');
    const signing = await generateKey({ userId: 'Site <site@example.com>', algorithm: 'rsa4096', time: new Date(Date.now() - 86_400_000) });
    writeFileSync(join(site.home, 'signing-key.asc'), signing.armoredSecret);
    // The publishes of these tests are dated one second after another, which must not lead into the future.
    const env = { SOURCE_DATE_EPOCH: String(Math.floor(Date.now() / 1000) - 1000) };
    await buildRpm(folder, { name: 'bar' });
    for (const version of ['1.0', '2.0']) {
      for (const name of readdirSync(folder)) if (name.startsWith('foo-')) rmSync(join(folder, name));
      await buildRpm(folder, { name: 'foo', version, preamble: ['Requires: bar'] });
      await publishRpms(folder, site.gnupg, signer, { signPackages: true });
      await site.ok('sync', 'test');
      await mirrorJson(['publish', 'site'], { cwd: site.home, env });
      await site.ok('snapshot', 'create', version === '1.0' ? 'first' : 'second', '--from', 'test');
    }
    const again = join(site.upstream, 'resigned');
    mkdirSync(again);
    for (const name of readdirSync(folder)) if (name.endsWith('.rpm')) cpSync(join(folder, name), join(again, name));
    await publishRpms(again, site.gnupg, other, { signPackages: true });
    await site.ok('sync', 'resigned');
    server = await site.serve();
  }, 120_000);
  afterAll(() => site.close());

  it(`lets a client refresh and download without an error through ${PUBLISHES} publishes`, async () => {
    const session = createSession(
      { stdout: collector(), stderr: collector(), environment: {}, cwd: site.home, signal: new AbortController().signal },
      { quiet: true },
    );
    const context = await session.context();
    const client = await clientOf('site');
    const failures: string[] = [];
    const versions = new Set<string>();
    let time = context.catalogue.publication('site')?.generation.publishedAt ?? 0;
    let rounds = 0;
    let published = 0;
    const loop = async (): Promise<void> => {
      for (; published < PUBLISHES; rounds += 1) {
        for (const command of [
          ['makecache', '--refresh'],
          ['install', '--downloadonly', 'foo'],
        ]) {
          const { status, stderr, stdout } = await client.dnf(...command);
          if (status !== 0) failures.push(`${command[0]}: ${stdout}${stderr}`);
          const version = /foo\s+noarch\s+(\S+)-1\s/.exec(stdout)?.[1];
          if (version !== undefined) versions.add(version);
        }
        rmSync(join(client.root, 'cache'), { recursive: true, force: true });
      }
    };
    const looping = loop();
    for (; published < PUBLISHES; published += 1) {
      time += 1000;
      const now = new Date(time);
      const generation = (published % 2) + 1;
      const report = await publish(['site'], { ...context, publicationClock: { now: () => now } }, { generation });
      expect(report.publications[0]).toMatchObject({ status: 'published', generation: published + 3 });
      await setTimeout(50);
    }
    await looping;
    await session.close();
    expect(failures).toEqual([]);
    expect(rounds).toBeGreaterThan(5);
    expect([...versions].sort()).toEqual(['1.0', '2.0']);
  }, 120_000);

  it('goes back to an earlier generation, and publishes snapshots in place of the mirror', async () => {
    const client = await clientOf('site');
    const versionOf = async (): Promise<string> =>
      (await client.dnf('--quiet', '--refresh', 'repoquery', '--qf', '%{version}', 'foo')).stdout.trim();
    await site.ok('publish', 'site', '--snapshot', 'first');
    expect(await versionOf()).toBe('1.0');
    await site.ok('publish', 'site', '--snapshot', 'second');
    expect(await versionOf()).toBe('2.0');
    const [{ generation }] = (await site.json('publish', 'list')) as [{ generation: number }];
    await site.ok('publish', 'site', '--generation', String(generation - 1));
    expect(await versionOf()).toBe('1.0');
    expect(await site.json('publish', 'list')).toMatchObject([{ name: 'site', from: ['first'], packages: 2 }]);
  });

  it('merges snapshots by version, or keeps every one', async () => {
    await site.ok('snapshot', 'merge', 'newest', 'second', 'first', '--latest');
    await site.ok('snapshot', 'merge', 'all', 'first', 'second', '--keep-all');
    configure('  newest: { from: [newest] }\n  all: { from: [all] }\n  kept: { from: [second, first], merge: keepAll }');
    await site.ok('publish', 'newest', 'all', 'kept');
    const shown = async (name: string): Promise<string[]> => {
      const { stdout } = await (await clientOf(name)).dnf('--quiet', 'repoquery', '--qf', '%{name}-%{version}');
      return stdout.trim().split('\n').sort();
    };
    expect(await shown('newest')).toEqual(['bar-1.0', 'foo-2.0']);
    expect(await shown('all')).toEqual(['bar-1.0', 'foo-1.0', 'foo-2.0']);
    expect(await shown('kept')).toEqual(['bar-1.0', 'foo-1.0', 'foo-2.0']);
  });

  it('has of a package that was signed twice the one of the later source, which the keys of both let clients check', async () => {
    configure('  both: { from: [test, resigned] }\n  old: { from: [first] }\n  spread: { from: [first, resigned], merge: keepAll }');
    await site.ok('publish', 'both', 'spread');
    const client = await clientOf('both');
    expect(await client.dnf('install', '--downloadonly', 'foo')).toMatchObject({ status: 0 });
    const sums = await client.dnf('--quiet', 'repoquery', '--location', 'foo');
    expect(sums.stdout.trim()).toBe(`${server.url}/both/foo-2.0-1.noarch.rpm`);
    const spread = await clientOf('spread');
    expect(await spread.dnf('install', '--downloadonly', 'foo-1.0', 'bar')).toMatchObject({ status: 0 });
  });

  it('makes the same bytes of the same packages at one time, wherever', async () => {
    configure('  both: { from: [second, first], merge: keepAll, compression: xz }');
    const digests: unknown[] = [];
    const epoch = Math.floor(Date.now() / 1000) - 3600;
    for (const name of ['one', 'two']) {
      const home = join(site.root, name);
      cpSync(site.home, home, { recursive: true });
      await mirrorJson(['publish', 'drop', 'both'], { cwd: home });
      digests.push(await mirrorJson(['publish', 'both'], { cwd: home, env: { SOURCE_DATE_EPOCH: String(epoch) } }));
    }
    expect(digests[0]).toMatchObject({ publications: [{ status: 'published', digest: expect.stringMatching(/^[0-9a-f]{64}$/) }] });
    expect(digests[1]).toEqual(digests[0]);
  });
});
