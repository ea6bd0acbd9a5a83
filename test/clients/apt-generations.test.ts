import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSession } from '../../src/cli/session.ts';
import { generateKey } from '../../src/openpgp/generate-key.ts';
import { publish } from '../../src/ops/publish.ts';
import { collector } from '../cli/collector.ts';
import { type AptArchive, buildDeb, createAptArchive } from '../support/apt-archive.ts';
import { createAptClient } from '../support/apt-client.ts';
import { mirrorJson } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

const PUBLISHES = 200;

describeWithTools(['apt-get', 'dpkg-deb', 'gpg'], 'clients/apt-generations', () => {
  let site: Site;
  let archive: AptArchive;
  const debs: string[] = [];

  const configure = (publications: string): void =>
    site.configure(`
mirrors:
  test: { type: apt, url: "${site.server.url}", suite: stable, architectures: [amd64], keys: ["${archive.key}"] }
repos:
  ours: { type: apt }
publications:
${publications}
`);

  beforeAll(async () => {
    site = await createSite();
    archive = createAptArchive(site.upstream, site.gnupg);
    for (const Version of ['1.0-1', '2.0-1']) debs.push(await buildDeb(site.root, { Package: 'foo', Version }));
    const day = 86_400_000;
    const key = await generateKey({ userId: 'Site <site@example.com>', algorithm: 'ed25519', time: new Date(Date.now() - day) });
    writeFileSync(join(site.home, 'signing-key.asc'), key.armoredSecret);
    configure('  site: { from: [test], distribution: stable }');
    // The publishes of these tests are dated one second after another, which must not lead into the future.
    const env = { SOURCE_DATE_EPOCH: String(Math.floor(Date.now() / 1000) - 1000) };
    for (const deb of debs) {
      await archive.publish([deb]);
      await site.ok('sync');
      await mirrorJson(['publish', 'site'], { cwd: site.home, env });
      await site.ok('snapshot', 'create', deb === debs[0] ? 'first' : 'second', '--from', 'test');
    }
  });
  afterAll(() => site.close());

  it(`lets a client update and download without an error through ${PUBLISHES} publishes`, async () => {
    const session = createSession(
      { stdout: collector(), stderr: collector(), environment: {}, cwd: site.home, signal: new AbortController().signal },
      { quiet: true },
    );
    const context = await session.context();
    const server = await site.serve();
    const client = createAptClient(join(site.root, 'looping'));
    client.sources(await site.client('site', 'apt', server.url));
    // One second apart, as clients tell Releases apart, and none in the future.
    let time = context.catalogue.publication('site')?.generation.publishedAt ?? 0;
    const failures: string[] = [];
    const versions = new Set<string>();
    let rounds = 0;
    let published = 0;
    const ask = async (...args: readonly string[]): Promise<void> => {
      const { status, stderr } = await client.get('-o', 'APT::Update::Error-Mode=any', ...args);
      if (status !== 0 || stderr !== '') failures.push(`${args[0]}: ${stderr}`);
    };
    const archives = join(client.root, 'var/cache/apt/archives');
    const loop = async (): Promise<void> => {
      for (; published < PUBLISHES; rounds += 1) {
        await ask('update');
        await ask('install', '--download-only', 'foo');
        for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
          versions.add(file.split('_')[1] ?? '');
          rmSync(join(archives, file));
        }
      }
    };
    const looping = loop();
    for (; published < PUBLISHES; published += 1) {
      time += 1000;
      const now = new Date(time);
      const report = await publish(
        ['site'],
        { ...context, publicationClock: { now: () => now } },
        { generation: published % 2 === 0 ? 1 : 2 },
      );
      expect(report.publications[0]).toMatchObject({ status: 'published', generation: published + 3 });
      await setTimeout(20);
    }
    await looping;
    await session.close();
    await server.stop();
    expect(failures).toEqual([]);
    expect(rounds).toBeGreaterThan(5);
    expect([...versions].sort()).toEqual(['1.0-1', '2.0-1']);
  }, 120_000);

  it('publishes snapshots in place of the mirrors, and says what it is made from', async () => {
    expect(await site.json('publish', 'site', '--snapshot', 'main=first')).toMatchObject({ publications: [{ status: 'published' }] });
    expect(await site.json('publish', 'list')).toMatchObject([{ name: 'site', from: ['first'], packages: 1 }]);
    expect(await site.json('publish', 'site', '--snapshot', 'first')).toMatchObject({ publications: [{ status: 'unchanged' }] });
    const wrong = await site.mirror('publish', 'site', '--snapshot', 'other=first');
    expect(wrong.status).not.toBe(0);
    expect(wrong.stderr).toContain('has no component "other"');
    expect((await site.mirror('publish', 'site', '--renew', '--generation', '1')).status).toBe(2);
    configure('  site: { from: [second], distribution: stable }');
    await site.ok('publish', 'site');
    expect(await site.json('publish', 'list')).toMatchObject([{ from: ['second'] }]);
  });

  it('warns of new names that clients have to accept', async () => {
    configure('  site: { from: [second], distribution: stable, label: Ours, codename: twelve }');
    const { stderr } = await site.mirror('publish', 'site');
    expect(stderr).toContain('label (was "site", is "Ours"), codename (was "stable", is "twelve")');
    expect(stderr).toContain('--allow-releaseinfo-change');
  });

  it('names the sources of two different files under one path', async () => {
    const folder = join(site.root, 'other');
    mkdirSync(folder);
    await site.ok('repo', 'add', 'ours', await buildDeb(folder, { Package: 'foo', Version: '2.0-1', Section: 'net' }));
    configure('  site: { from: [second], distribution: stable }');
    await site.ok('publish', 'site');
    configure('  site: { from: [second], distribution: stable }\n  more: { from: [ours], distribution: testing, path: /site }');
    const { status, stderr } = await site.mirror('publish', 'more');
    expect(status).toBe(1);
    expect(stderr).toContain(
      'publications "more" (from ours) and "site" (from second) share the path /site and differ in pool/main/f/foo/foo_2.0-1_amd64.deb',
    );
  });

  it('makes the same bytes of the same packages at one time, wherever', async () => {
    configure('  both: { from: [second, ours], distribution: stable, merge: keepAll }');
    const digests: unknown[] = [];
    const epoch = Math.floor(Date.now() / 1000) - 3600;
    for (const name of ['one', 'two']) {
      const home = join(site.root, name);
      cpSync(site.home, home, { recursive: true });
      const report = await mirrorJson(['publish', 'both'], { cwd: home, env: { SOURCE_DATE_EPOCH: String(epoch) } });
      digests.push(report);
    }
    expect(digests[0]).toMatchObject({ publications: [{ status: 'published', digest: expect.stringMatching(/^[0-9a-f]{64}$/) }] });
    expect(digests[1]).toEqual(digests[0]);
  });
});
