import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AptArchive, createAptArchive, imitationPackage } from '../support/apt-archive.ts';
import { mirror, PROGRAM, type RunningServer, run } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

const PACKAGES = 400;
const KILLS = 8;

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** kill -9 in the middle of things: what is served stays whole, and running again completes without fetching twice. */
describeWithTools(['gpg', 'strace'], 'clients/kill', () => {
  let site: Site;
  let archive: AptArchive;
  let server: RunningServer;
  let packages = 0;

  const pool = (): string => join(site.home, 'storage/pool/sha256');
  const blobs = (): string[] => readdirSync(pool(), { recursive: true, encoding: 'utf8' }).filter((name) => name.length > 60);
  const newPackages = (): ReturnType<typeof imitationPackage>[] =>
    Array.from({ length: PACKAGES }, () => imitationPackage(`package-${packages++}`, 20_000));

  /** What apt does in an update: everything that Release lists must be there, and be what it lists. */
  const expectWhole = async (): Promise<void> => {
    const base = `${server.url}/site/dists/stable`;
    const release = await (await fetch(`${base}/Release`)).text();
    const listed = [...release.matchAll(/^ ([0-9a-f]{64}) +(\d+) (\S+)$/gm)];
    expect(listed.length).toBeGreaterThan(2);
    for (const [, digest = '', size, path = ''] of listed) {
      const byHash = await fetch(`${base}/${path.replace(/[^/]+$/, '')}by-hash/SHA256/${digest}`);
      const content = Buffer.from(await byHash.arrayBuffer());
      expect({ path, status: byHash.status, size: content.length, digest: sha256(content) }).toEqual({
        path,
        status: 200,
        size: Number(size),
        digest,
      });
    }
  };

  /** Runs a sync and kills it when it has asked for so many packages; says how it ended. */
  const syncKilledAfter = async (requests: number): Promise<string> => {
    let syncing: ChildProcess | undefined;
    let asked = 0;
    site.server.intercept = (request) => {
      if (request.url?.includes('/pool/') === true && ++asked === requests) syncing?.kill('SIGKILL');
      return false;
    };
    const started = (child: ChildProcess): void => {
      syncing = child;
    };
    const { status } = await mirror(['sync'], { cwd: site.home, started });
    site.server.intercept = () => false;
    return status === null ? 'SIGKILL' : `status ${status}`;
  };

  /** Publishes under strace, which kills it at the nth change to a file. */
  const publishKilledAt = async (nth: number): Promise<boolean> => {
    const inject = `inject=rename,fsync,fdatasync,pwrite64:signal=KILL:when=${nth}`;
    const trace = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=rename,fsync,fdatasync,pwrite64', '-e', inject];
    const { status } = await run('strace', [...trace, process.execPath, PROGRAM, 'publish', 'site'], { cwd: site.home });
    return status !== 0;
  };

  beforeAll(async () => {
    site = await createSite();
    archive = createAptArchive(site.upstream, site.gnupg);
    await archive.publish(newPackages().slice(0, 5));
    site.configure(`
mirrors:
  test: { type: apt, url: "${site.server.url}", suite: stable, architectures: [amd64], keys: ["${archive.key}"] }
publications:
  site: { from: [test], distribution: stable }
`);
    await site.ok('sync');
    await site.ok('publish', 'site');
    server = await site.serve();
  });
  afterAll(() => site.close());

  it('leaves no file in the pool that is not what its name says, and fetches none twice, when a sync is killed', async () => {
    await archive.publish(newPackages());
    for (let kill = 1; kill <= KILLS; kill++) {
      const there = new Set(blobs().map((name) => name.slice(-64)));
      const files = new Map(
        readdirSync(join(site.upstream, 'pool/main')).map((name) => [
          `/pool/main/${name}`,
          sha256(readFileSync(join(site.upstream, 'pool/main', name))),
        ]),
      );
      site.server.requests.length = 0;
      expect(await syncKilledAfter(Math.floor(PACKAGES / KILLS) - 10)).toBe('SIGKILL');
      for (const name of blobs()) expect(sha256(readFileSync(join(pool(), name)))).toBe(name.slice(-64));
      expect(site.server.requests.filter((path) => there.has(files.get(path) ?? ''))).toEqual([]);
      await expectWhole();
    }
    site.server.intercept = () => false;
    expect(await site.json('sync')).toMatchObject({
      mirrors: [{ status: expect.stringMatching(/updated|unchanged/), packages: PACKAGES }],
    });
  }, 120_000);

  it('serves one whole generation or the other when a publish is killed', async () => {
    let kills = 0;
    for (const nth of [1, 2, 3, 5, 8, 13, 21]) {
      await archive.publish(newPackages().slice(0, 20));
      await site.ok('sync');
      if (await publishKilledAt(nth)) kills += 1;
      await expectWhole();
    }
    expect(kills).toBeGreaterThan(2);
    await site.ok('publish', 'site');
    await expectWhole();
  }, 120_000);
});
