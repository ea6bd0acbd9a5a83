import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AptArchive, buildDeb, createAptArchive } from '../support/apt-archive.ts';
import type { RunningServer } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { createSite, type Site } from '../support/site.ts';

const DAY = 86_400_000;

/** Each way in which an upstream can go wrong, as a change to a good one, and the error that must come of it. */
interface Fault {
  readonly what: string;
  readonly code: string;
  readonly says: RegExp;
  readonly cause: () => void | Promise<void>;
}

describeWithTools(['dpkg-deb', 'gpg'], 'clients/bad-upstream', () => {
  let site: Site;
  let archive: AptArchive;
  let serving: RunningServer;
  let good: readonly string[];
  let newer: readonly string[];
  let publishedInRelease: string;

  const inUpstream = (path: string): string => join(site.upstream, path);
  const edit = (path: string, change: (content: Buffer) => Buffer): void => {
    writeFileSync(inUpstream(path), change(readFileSync(inUpstream(path))));
  };
  const flipByte = (content: Buffer): Buffer => {
    const changed = Buffer.from(content);
    changed[content.length >> 1] = (changed[content.length >> 1] ?? 0) ^ 1;
    return changed;
  };
  const answer = (suffix: string, respond: (response: ServerResponse) => void): void => {
    site.server.intercept = (request, response) => {
      if (request.url?.includes(suffix) !== true) return false;
      respond(response);
      return true;
    };
  };
  const newerPackage = '/pool/main/foo_2.0-1_amd64.deb';

  beforeAll(async () => {
    site = await createSite();
    archive = createAptArchive(site.upstream, site.gnupg);
    good = [await buildDeb(site.root, { Package: 'foo', Version: '1.0-1' })];
    newer = [await buildDeb(site.root, { Package: 'foo', Version: '2.0-1' })];
    await archive.publish(good);
    site.configure(`
http: { timeout: 1s, retries: 0 }
mirrors:
  test: { type: apt, url: "${site.server.url}", suite: stable, architectures: [amd64], keys: ["${archive.key}"] }
publications:
  site: { from: [test], distribution: stable }
`);
    await site.ok('sync');
    await site.ok('publish', 'site');
    serving = await site.serve();
    publishedInRelease = await (await fetch(`${serving.url}/site/dists/stable/InRelease`)).text();
  });
  beforeEach(async () => {
    site.server.intercept = () => false;
    await archive.publish(newer);
  });
  afterAll(() => site.close());

  const faults: readonly Fault[] = [
    {
      what: 'no signature any more',
      code: 'SIGNATURE_MISSING',
      says: /sign/,
      cause: () => {
        rmSync(inUpstream('dists/stable/InRelease'));
        rmSync(inUpstream('dists/stable/Release.gpg'));
      },
    },
    {
      what: 'a signature by a key that is not trusted',
      code: 'SIGNATURE_INVALID',
      says: /trusted/,
      cause: async () => {
        const stranger = site.gnupg.makeKey(['Key-Type: eddsa', 'Key-Curve: ed25519', 'Key-Usage: sign', 'Name-Real: Stranger']);
        const text = readFileSync(inUpstream('dists/stable/Release'));
        writeFileSync(inUpstream('dists/stable/InRelease'), site.gnupg.gpg(['--local-user', stranger, '--clearsign'], text));
      },
    },
    {
      what: 'a signed document that was changed',
      code: 'SIGNATURE_INVALID',
      says: /InRelease/,
      cause: () => edit('dists/stable/InRelease', (content) => Buffer.from(content.toString().replace('Origin: Test', 'Origin: Best'))),
    },
    {
      what: 'text in front of the signed message',
      code: 'SIGNATURE_INVALID',
      says: /InRelease/,
      cause: () => edit('dists/stable/InRelease', (content) => Buffer.concat([Buffer.from('Suite: evil\n\n'), content])),
    },
    {
      what: 'an expired Release',
      code: 'RELEASE_EXPIRED',
      says: /was valid until/,
      cause: () => archive.publish(newer, { 'Valid-Until': new Date(Date.now() - DAY).toUTCString() }),
    },
    {
      what: 'a Release older than what was accepted',
      code: 'RELEASE_ROLLBACK',
      says: /was accepted before/,
      cause: () => archive.publish(newer, { Date: new Date(Date.now() - 30 * DAY).toUTCString() }),
    },
    {
      what: 'a Release from the future',
      code: 'RELEASE_FUTURE',
      says: /but here it is/,
      cause: () => archive.publish(newer, { Date: new Date(Date.now() + 30 * DAY).toUTCString() }),
    },
    {
      what: 'a component that is not there',
      code: 'METADATA_INCOMPLETE',
      says: /other\/binary-amd64/,
      cause: () => archive.publish(newer, { Components: 'other' }),
    },
    {
      what: 'an index with the wrong hash',
      code: 'CHECKSUM_MISMATCH',
      says: /Packages/,
      cause: () => edit('dists/stable/main/binary-amd64/Packages.gz', flipByte),
    },
    {
      what: 'an index of the wrong size',
      code: 'FETCH_TOO_LARGE',
      says: /Packages/,
      cause: () => edit('dists/stable/main/binary-amd64/Packages.gz', (content) => Buffer.concat([content, content])),
    },
    {
      what: 'an index that is not there',
      code: 'METADATA_INCOMPLETE',
      says: /Packages/,
      cause: () => {
        rmSync(inUpstream('dists/stable/main/binary-amd64/Packages.gz'));
        rmSync(inUpstream('dists/stable/main/binary-amd64/Packages'));
      },
    },
    {
      what: 'a package with the wrong hash',
      code: 'SYNC_INCOMPLETE',
      says: /foo_2\.0-1_amd64\.deb/,
      cause: () => edit(newerPackage, flipByte),
    },
    {
      what: 'a package that is cut short',
      code: 'SYNC_INCOMPLETE',
      says: /foo_2\.0-1_amd64\.deb/,
      cause: () => truncateSync(inUpstream(newerPackage), 100),
    },
    {
      what: 'a package whose download breaks off',
      code: 'SYNC_INCOMPLETE',
      says: /foo_2\.0-1_amd64\.deb/,
      cause: () =>
        answer(newerPackage, (response) => response.writeHead(200, { 'content-length': '700' }).write('begun', () => response.destroy())),
    },
    {
      what: 'a package that is not there',
      code: 'SYNC_INCOMPLETE',
      says: /404|not found|does not have/,
      cause: () => rmSync(inUpstream(newerPackage)),
    },
    {
      what: 'a server that never answers',
      code: 'FETCH_TIMEOUT',
      says: /1s|1 s|second|timeout/,
      cause: () => answer('', () => undefined),
    },
    {
      what: 'a server that refuses',
      code: 'FETCH_DENIED',
      says: /403/,
      cause: () => answer('', (response) => response.writeHead(403).end()),
    },
    {
      what: 'a Filename that leads out of the archive',
      code: 'PATH_UNSAFE',
      says: /foo/,
      cause: () => archive.publish(newer, {}, '../../../etc/cron.d/foo'),
    },
  ];

  it.each(faults)('refuses $what, and goes on serving what it had', async ({ cause, code, says }) => {
    await cause();
    const { status, stdout } = await site.mirror('sync', '--json');
    expect({ status, stdout }).toMatchObject({ status: 1 });
    const { mirrors } = JSON.parse(stdout) as { mirrors: { status: string; packages: number; error: { code: string; message: string } }[] };
    expect(mirrors).toMatchObject([{ status: 'failed', packages: 1, error: { code } }]);
    expect(mirrors[0]?.error.message).toMatch(says);

    expect(await site.json('publish', 'site')).toMatchObject({ publications: [{ status: 'unchanged', generation: 1 }] });
    expect(await (await fetch(`${serving.url}/site/dists/stable/InRelease`)).text()).toBe(publishedInRelease);
  });

  it('accepts the upstream again when it is good', async () => {
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ status: 'updated', packages: 1, added: 1, removed: 1 }] });
    expect(await site.json('publish', 'site')).toMatchObject({ publications: [{ status: 'published', generation: 2 }] });
  });

  it('says which names are near one that does not exist', async () => {
    const { status, stderr } = await site.mirror('sync', 'tets');
    expect(status).toBe(2);
    expect(stderr).toMatch(/no mirror or group is named "tets"/);
    expect(stderr).toMatch(/Did you mean test\?/);
  });
});
