import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { MirrorReport } from '../../src/ops/report.ts';
import { syncMirrors } from '../../src/ops/sync.ts';
import { type GnuPg, openGnuPg } from '../openpgp/gnupg.ts';
import { openWorkplace } from '../ops/operation-context.ts';
import { type AptArchive, buildDeb, createAptArchive } from '../support/apt-archive.ts';
import { type FileServer, serveFiles } from '../support/file-server.ts';
import { describeWithTools } from '../support/requirements.ts';
import { buildRpm, publishRpms } from '../support/rpm-repository.ts';
import { createSite, type Site } from '../support/site.ts';

describeWithTools(['dpkg-deb', 'gpg'], 'clients/changing-upstream', () => {
  let site: Site;
  let archive: AptArchive;
  const debs: string[] = [];
  const started = Date.now();

  beforeAll(async () => {
    site = await createSite();
    archive = createAptArchive(site.upstream, site.gnupg);
    for (const version of ['1', '2', '3', '4']) debs.push(await buildDeb(site.root, { Package: 'foo', Version: version }));
    site.configure(`
http: { retries: 0 }
mirrors:
  test: { type: apt, url: "${site.server.url}", suite: stable, architectures: [amd64], keys: ["${archive.key}"] }
publications:
  site: { from: [test], distribution: stable }
`);
    // Each state of the archive in a folder of its own, one minute after the one before.
    for (const [index, deb] of debs.entries()) {
      await archive.publish([deb], { Date: new Date(started + index * 60_000).toUTCString() });
      cpSync(join(site.upstream, 'dists'), join(site.root, `dists-${index}`), { recursive: true });
    }
  }, 60_000);
  afterAll(() => site.close());

  /** The archive as it was with one of the packages, and no other package. */
  const become = (index: number): void => {
    rmSync(join(site.upstream, 'dists'), { recursive: true });
    rmSync(join(site.upstream, 'pool'), { recursive: true, force: true });
    cpSync(join(site.root, `dists-${index}`), join(site.upstream, 'dists'), { recursive: true });
    cpSync(debs[index] ?? '', join(site.upstream, `pool/main/foo_${index + 1}_amd64.deb`));
  };
  beforeEach(() => {
    site.server.intercept = () => false;
    become(0);
  });

  /** Makes the archive move on at each request for a package, as often as there is something to move on to. */
  const moveOn = (times: number): void => {
    let index = 0;
    site.server.intercept = (request) => {
      if (request.url?.endsWith('.deb') === true && index < times) become(++index);
      return false;
    };
  };

  it('gives up an archive that moves on again and again, and keeps what it fetched', async () => {
    moveOn(3);
    const { status, stdout } = await site.mirror('sync', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      mirrors: [{ status: 'failed', error: { code: 'SYNC_INCOMPLETE', message: expect.stringContaining('changed 3 times') } }],
    });
    become(3);
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'updated', packages: 1 }] });
  });

  it('begins again from InRelease when the archive moves on while its packages are fetched', async () => {
    site.configure(`
http: { retries: 0 }
mirrors:
  other: { type: apt, url: "${site.server.url}", suite: stable, architectures: [amd64], keys: ["${archive.key}"] }
publications:
  site: { from: [other], distribution: stable }
`);
    moveOn(1);
    const { status, stdout, stderr } = await site.mirror('sync', '--json');
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('changed while packages were fetched') });
    expect(JSON.parse(stdout)).toMatchObject({ mirrors: [{ status: 'updated', packages: 1 }] });
    await site.ok('publish', 'site');
    const server = await site.serve();
    const packages = await (await fetch(`${server.url}/site/dists/stable/main/binary-amd64/Packages`)).text();
    expect(packages).toContain('Version: 2\n');
  });
});

/** A yum repository in two states, with other packages and other comps, of which a server shows one after the other. */
describeWithTools(['rpmbuild', 'createrepo_c', 'gpg'], 'clients/changing-upstream of yum', () => {
  const STATES = ['one', 'two'] as const;
  let root: string;
  let gnupg: GnuPg;
  let server: FileServer;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'mirror-changing-'));
    gnupg = openGnuPg();
    const signer = gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign', 'Name-Real: Test']);
    writeFileSync(join(root, 'key.asc'), gnupg.gpg(['--armor', '--export', signer]));
    for (const [index, state] of STATES.entries()) {
      const folder = join(root, state);
      for (const name of ['foo', 'bar']) await buildRpm(folder, { name, version: `${index + 1}` });
      writeFileSync(join(root, `${state}.xml`), `<comps><group><id>${state}</id></group></comps>`);
      await publishRpms(folder, gnupg, signer, { groupFile: join(root, `${state}.xml`), revision: 1_700_000_000 + index });
    }
    server = await serveFiles(root);
  }, 60_000);
  afterAll(async () => {
    await server.close();
    gnupg.close();
    rmSync(root, { recursive: true, force: true });
  });

  const show = (index: number): void => {
    rmSync(join(root, 'current'), { force: true });
    symlinkSync(STATES[index % 2] ?? '', join(root, 'current'));
  };

  /** Syncs into a new storage while the server changes its state at some requests, counted from 0, and gives what came of it. */
  async function sync(
    changesAt: (request: number) => boolean,
  ): Promise<{ readonly report: MirrorReport; readonly states: string[]; readonly requests: number }> {
    const place = await openWorkplace(`
http: { retries: 0, concurrency: 2 }
mirrors:
  test: { type: yum, url: "${server.url}current/", keys: ["${join(root, 'key.asc')}"], verify: [metadata] }
`);
    let [requests, state] = [0, 0];
    show(state);
    server.intercept = () => {
      if (changesAt(requests++)) show(++state);
      return false;
    };
    try {
      const { mirrors } = await syncMirrors(['test'], place.context);
      const report = mirrors[0];
      if (report === undefined) throw new Error('no report');
      const { catalogue, blobs } = place.context;
      const contents = catalogue.mirror('test')?.contents;
      const packages = contents === undefined ? [] : [...catalogue.packages(contents.list.id)];
      const states: string[] = packages.map(({ version }) => STATES[Number(version[0]) - 1] ?? version);
      for (const { kind, sha256 } of contents?.supplements ?? []) {
        const text = (await blobs.readWhole(sha256, 100_000)).toString();
        states.push(`${kind} ${/<id>(.*)<.id>/.exec(text)?.[1]}`);
      }
      return { report, states, requests };
    } finally {
      server.intercept = () => false;
      await place.close();
    }
  }

  const whole = (state: string): string[] => [state, state, `data/group ${state}`];

  it('ends with one state, whole, at whichever request the upstream publishes anew', async () => {
    const undisturbed = await sync(() => false);
    expect(undisturbed).toMatchObject({ report: { status: 'updated' }, states: whole('one') });
    expect(undisturbed.requests).toBeGreaterThanOrEqual(8);
    for (let at = 0; at < undisturbed.requests; at++) {
      const { report, states } = await sync((request) => request === at);
      expect({ at, status: report.status, error: report.error?.message, states }).toEqual({
        at,
        status: 'updated',
        error: undefined,
        states: whole(states[0] ?? ''),
      });
    }
  }, 120_000);

  it('has one state or none of an upstream that goes back and forth', async () => {
    const ends = new Set<string>();
    for (const every of [1, 2, 3, 5, 8, 12, 20]) {
      const { report, states } = await sync((request) => request % every === every - 1);
      expect({ every, states }).toEqual({ every, states: report.status === 'failed' ? [] : whole(states[0] ?? '') });
      ends.add(report.status);
    }
    expect(ends).toContain('updated');
  }, 120_000);
});
