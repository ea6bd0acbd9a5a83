import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { RunningServer } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';
import { buildRpm, publishRpms } from '../support/rpm-repository.ts';
import { createSite, type Site } from '../support/site.ts';

/** Each way in which an upstream can go wrong, as a change to a good one, and the error that must come of it. */
interface Fault {
  readonly what: string;
  readonly code: string;
  readonly says: RegExp;
  readonly cause: () => void | Promise<void>;
}

describeWithTools(['rpmbuild', 'rpmsign', 'createrepo_c', 'gpg'], 'clients/bad-yum-upstream', () => {
  let site: Site;
  let signer: string;
  let serving: RunningServer;
  let published: string;

  const inUpstream = (path: string): string => join(site.upstream, path);
  const REPOMD = 'repodata/repomd.xml';
  const sign = (key = signer): void => {
    const signature = site.gnupg.gpg(['--local-user', key, '--armor', '--detach-sign'], readFileSync(inUpstream(REPOMD)));
    writeFileSync(inUpstream(`${REPOMD}.asc`), signature);
  };
  /** Changes repomd.xml as its publisher might. */
  const restate = (change: (text: string) => string): void => {
    writeFileSync(inUpstream(REPOMD), change(readFileSync(inUpstream(REPOMD), 'utf8')));
    sign();
  };
  const fileOf = (type: string): string => inUpstream(recordIn(readFileSync(inUpstream(REPOMD), 'utf8'), type).path);
  /** Puts another content in place of a document, correctly stated. */
  const replace = (type: string, change: (text: string) => string, statedSize?: number): void => {
    const plain = Buffer.from(change(gunzipSync(readFileSync(fileOf(type))).toString()));
    const packed = gzipSync(plain);
    writeFileSync(fileOf(type), packed);
    restate((text) => {
      const { element } = recordIn(text, type);
      const changed = element
        .replace(/<checksum type="sha256">[^<]*/, `<checksum type="sha256">${sha256(packed)}`)
        .replace(/<open-checksum type="sha256">[^<]*/, `<open-checksum type="sha256">${sha256(plain)}`)
        .replace(/<size>\d*/, `<size>${packed.length}`)
        .replace(/<open-size>\d*/, `<open-size>${statedSize ?? plain.length}`);
      return text.replace(element, changed);
    });
  };
  /** Names a file that nobody has fetched, and does not have it. */
  const withdraw = (type: string): void => {
    replace(type, (text) => `${text}\n`);
    rmSync(fileOf(type));
  };
  const answer = (suffix: string, respond: (response: ServerResponse) => void): void => {
    site.server.intercept = (request, response) => {
      if (request.url?.includes(suffix) !== true) return false;
      respond(response);
      return true;
    };
  };
  const newer = 'foo-2-1.noarch.rpm';
  const seconds = Math.floor(Date.now() / 1000);

  beforeAll(async () => {
    site = await createSite();
    signer = site.gnupg.makeKey(['Key-Type: RSA', 'Key-Length: 2048', 'Key-Usage: sign', 'Name-Real: Test']);
    writeFileSync(join(site.root, 'key.asc'), site.gnupg.gpg(['--armor', '--export', signer]));
    for (const [state, version, revision] of [
      ['good', '1', seconds - 86_400],
      ['newer', '2', seconds - 3600],
    ] as const) {
      await buildRpm(join(site.root, state), { name: 'foo', version });
      writeFileSync(
        join(site.root, 'modules.yaml'),
        '---\ndocument: modulemd-defaults\nversion: 1\ndata: {module: m, stream: s, profiles: {}}\n...\n',
      );
      cpSync(join(site.root, 'modules.yaml'), join(site.root, state, 'modules.yaml'));
      await publishRpms(join(site.root, state), site.gnupg, signer, { signPackages: true, revision });
    }
    become('good');
    site.configure(`
http: { timeout: 1s, retries: 0 }
mirrors:
  test: { type: yum, url: "${site.server.url}", keys: ["${join(site.root, 'key.asc')}"] }
publications:
  site: { from: [test] }
`);
    await site.ok('sync');
    await site.ok('publish', 'site');
    serving = await site.serve();
    published = await (await fetch(`${serving.url}/site/${REPOMD}`)).text();
  }, 60_000);
  afterAll(() => site.close());

  const become = (state: string): void => {
    for (const name of readdirSync(site.upstream)) rmSync(inUpstream(name), { recursive: true });
    cpSync(join(site.root, state), site.upstream, { recursive: true });
  };
  beforeEach(() => {
    site.server.intercept = () => false;
    become('newer');
  });

  const faults: readonly Fault[] = [
    {
      what: 'no signature any more',
      code: 'SIGNATURE_MISSING',
      says: /repomd\.xml\.asc/,
      cause: () => rmSync(inUpstream(`${REPOMD}.asc`)),
    },
    {
      what: 'a signature by a key that is not trusted',
      code: 'SIGNATURE_INVALID',
      says: /trusted/,
      cause: () => sign(site.gnupg.makeKey(['Key-Type: eddsa', 'Key-Curve: ed25519', 'Key-Usage: sign', 'Name-Real: Stranger'])),
    },
    {
      what: 'a repomd.xml that was changed',
      code: 'SIGNATURE_INVALID',
      says: /repomd\.xml/,
      cause: () => writeFileSync(inUpstream(REPOMD), readFileSync(inUpstream(REPOMD), 'utf8').replace('<revision>', '<revision>1')),
    },
    {
      what: 'a repomd.xml older than what was accepted',
      code: 'RELEASE_ROLLBACK',
      says: /was accepted before/,
      cause: () => restate((text) => text.replace(/<timestamp>\d+/g, '<timestamp>1000000000')),
    },
    {
      what: 'a repomd.xml from the future',
      code: 'RELEASE_FUTURE',
      says: /but here it is/,
      cause: () => restate((text) => text.replace(/<timestamp>\d+/g, '<timestamp>9000000000')),
    },
    {
      what: 'a repomd.xml with a document type',
      code: 'METADATA_INVALID',
      says: /document type/,
      cause: () => restate((text) => text.replace('<repomd', '<!DOCTYPE repomd [<!ENTITY a "b">]><repomd')),
    },
    {
      what: 'a record of a type that leads elsewhere',
      code: 'METADATA_INVALID',
      says: /not one word/,
      cause: () => restate((text) => text.replace('type="modules"', 'type="../../x"')),
    },
    {
      what: 'a record outside of the repository',
      code: 'PATH_UNSAFE',
      says: /leads out/,
      cause: () => restate((text) => text.replace('href="repodata/', 'href="../../etc/')),
    },
    {
      what: 'no primary',
      code: 'METADATA_INCOMPLETE',
      says: /names no primary/,
      cause: () => restate((text) => text.replace('type="primary"', 'type="x"')),
    },
    {
      what: 'a primary as zchunk only',
      code: 'METADATA_INCOMPLETE',
      says: /zchunk/,
      cause: () => restate((text) => text.replace('type="primary"', 'type="primary_zck"')),
    },
    { what: 'a primary with the wrong hash', code: 'CHECKSUM_MISMATCH', says: /primary/, cause: () => flip(fileOf('primary')) },
    { what: 'a primary that is not there', code: 'FETCH_NOT_FOUND', says: /primary/, cause: () => rmSync(fileOf('primary')) },
    { what: 'filelists that are not there', code: 'FETCH_NOT_FOUND', says: /filelists/, cause: () => withdraw('filelists') },
    { what: 'modules that are not there', code: 'FETCH_NOT_FOUND', says: /modules/, cause: () => withdraw('modules') },
    {
      what: 'a primary with a weak checksum',
      code: 'CHECKSUM_WEAK',
      says: /sha1 of repodata/,
      cause: () => restate((text) => text.replace(/<checksum type="sha256">[^<]*/, `<checksum type="sha">${'0'.repeat(40)}`)),
    },
    {
      what: 'packages with weak checksums',
      code: 'CHECKSUM_WEAK',
      says: /the md5 of foo/,
      cause: () =>
        replace('primary', (text) => text.replace(/type="sha256" pkgid="YES">[^<]*/, `type="md5" pkgid="YES">${'0'.repeat(32)}`)),
    },
    {
      what: 'a primary that unpacks to more than it says',
      code: 'DECOMPRESS_TOO_LARGE',
      says: /primary/,
      cause: () => replace('primary', (text) => text.replace('</metadata>', `${' '.repeat(10_000_000)}</metadata>`), 5000),
    },
    {
      what: 'a primary that is no XML',
      code: 'METADATA_INVALID',
      says: /primary/,
      cause: () => replace('primary', (text) => text.replace('</name>', '')),
    },
    {
      what: 'a location with a line break',
      code: 'PATH_UNSAFE',
      says: /control character/,
      cause: () => replace('primary', (text) => text.replace(`href="${newer}"`, 'href="a&#10;b.rpm"')),
    },
    {
      what: 'a location at another server',
      code: 'PATH_UNSAFE',
      says: /another server/,
      cause: () => replace('primary', (text) => text.replace(`href="${newer}"`, 'href="http://192.0.2.1/foo.rpm"')),
    },
    { what: 'a package with the wrong hash', code: 'SYNC_INCOMPLETE', says: /foo-2/, cause: () => flip(inUpstream(newer)) },
    { what: 'a package that is cut short', code: 'SYNC_INCOMPLETE', says: /foo-2/, cause: () => truncateSync(inUpstream(newer), 100) },
    { what: 'a package that is not there', code: 'SYNC_INCOMPLETE', says: /foo-2/, cause: () => rmSync(inUpstream(newer)) },
    {
      what: 'a package without a signature',
      code: 'PACKAGE_UNSIGNED',
      says: /foo/,
      cause: async () => {
        rmSync(inUpstream(newer));
        await buildRpm(site.upstream, { name: 'foo', version: '2' });
        await publishRpms(site.upstream, site.gnupg, signer, { revision: seconds - 3600 });
      },
    },
    { what: 'a server that never answers', code: 'FETCH_TIMEOUT', says: /1s|1 s|second|timeout/, cause: () => answer('', () => undefined) },
    {
      what: 'a server that refuses',
      code: 'FETCH_DENIED',
      says: /403/,
      cause: () => answer('', (response) => response.writeHead(403).end()),
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
    expect(await (await fetch(`${serving.url}/site/${REPOMD}`)).text()).toBe(published);
  });

  it('does without comps that are missing, and says so', async () => {
    const sum = `<checksum type="sha256">${'0'.repeat(64)}</checksum>`;
    restate((text) => text.replace('</repomd>', `<data type="group">${sum}<location href="repodata/comps.xml"/></data></repomd>`));
    const { status, stderr } = await site.mirror('sync');
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringMatching(/comps\.xml\S*, which is not there: left out/) });
  });

  it('accepts the upstream again when it is good', async () => {
    expect(await site.json('sync')).toMatchObject({ mirrors: [{ packages: 1 }] });
    expect(await site.json('publish', 'site')).toMatchObject({ publications: [{ status: 'published', generation: 2 }] });
  });
});

/** One record of repomd.xml. */
function recordIn(text: string, type: string): { readonly element: string; readonly path: string } {
  const element = new RegExp(`<data type="${type}">[\\s\\S]*?</data>`).exec(text)?.[0] ?? '';
  return { element, path: /href="([^"]*)/.exec(element)?.[1] ?? '' };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}
