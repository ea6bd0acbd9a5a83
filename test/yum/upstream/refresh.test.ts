import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateKey } from '../../../src/openpgp/generate-key.ts';
import { readKeyring } from '../../../src/openpgp/keyring.ts';
import { openSigner } from '../../../src/openpgp/signer.ts';
import type { Keyring, Signer } from '../../../src/openpgp/types.ts';
import type { UpstreamState } from '../../../src/store/catalogue.ts';
import { type FileServer, serveFiles } from '../../support/file-server.ts';
import { createRig, type Rig } from '../rig.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface RepositoryOptions {
  readonly packages?: readonly string[];
  readonly timestamp?: number;
  readonly signer?: Signer | undefined;
  readonly omit?: readonly string[];
  readonly checksumType?: string;
  readonly openSize?: number;
  /** Further files by the type of their record. */
  readonly data?: Readonly<Record<string, string>>;
}

/** Writes the metadata of a repository with packages that have a name and nothing else. */
async function writeRepository(root: string, options: RepositoryOptions = {}): Promise<Buffer> {
  const { checksumType = 'sha256', omit = [], packages = ['foo'], timestamp = 1_700_000_000 } = options;
  mkdirSync(join(root, 'repodata'), { recursive: true });
  const element = (name: string): string => `<package type="rpm"><name>${name}</name><arch>noarch</arch><version epoch="0" ver="1" rel="1"/>
    <checksum type="sha256" pkgid="YES">${sha256(Buffer.from(name))}</checksum><size package="3"/><location href="${name}.rpm"/></package>`;
  const documents: Record<string, string> = {
    primary: `<metadata xmlns="http://linux.duke.edu/metadata/common">${packages.map(element).join('')}</metadata>`,
    filelists: '<filelists xmlns="http://linux.duke.edu/metadata/filelists"></filelists>',
    other: '<otherdata xmlns="http://linux.duke.edu/metadata/other"></otherdata>',
  };
  const records: string[] = [];
  for (const [type, text] of Object.entries(documents)) {
    if (omit.includes(type)) continue;
    const packed = gzipSync(text);
    writeFileSync(join(root, `repodata/${type}.xml.gz`), packed);
    const sum = createHash(checksumType === 'sha' ? 'sha1' : checksumType)
      .update(packed)
      .digest('hex');
    records.push(`<data type="${type}"><checksum type="${checksumType}">${sum}</checksum><open-checksum type="sha256">${sha256(Buffer.from(text))}</open-checksum>
      <location href="repodata/${type}.xml.gz"/><timestamp>${timestamp}</timestamp><size>${packed.length}</size><open-size>${options.openSize ?? text.length}</open-size></data>`);
  }
  for (const [type, text] of Object.entries(options.data ?? {})) {
    const path = `repodata/${type}.${type.endsWith('_zck') ? 'zck' : 'xml'}`;
    writeFileSync(join(root, path), text);
    records.push(`<data type="${type}"><checksum type="sha256">${sha256(Buffer.from(text))}</checksum><location href="${path}"/></data>`);
  }
  const repomd = Buffer.from(`<repomd xmlns="http://linux.duke.edu/metadata/repo">${records.join('')}</repomd>`);
  writeFileSync(join(root, 'repodata/repomd.xml'), repomd);
  rmSync(join(root, 'repodata/repomd.xml.asc'), { force: true });
  if (options.signer !== undefined) {
    writeFileSync(join(root, 'repodata/repomd.xml.asc'), await options.signer.signDetached(repomd, new Date('2024-01-01')));
  }
  return repomd;
}

describe('yum/upstream/refresh', () => {
  let root: string;
  let rig: Rig;
  let signer: Signer;
  let keyring: Keyring;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'mirror-upstream-'));
    rig = await createRig(root);
    const key = await generateKey({ userId: 'Test', algorithm: 'ed25519', time: new Date('2023-01-01') });
    signer = await openSigner({ armoredSecret: key.armoredSecret });
    keyring = await readKeyring([{ bytes: Buffer.from(key.publicKey), source: 'test' }]);
  });

  afterEach(async () => {
    await rig.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('brings the three indexes into the pool and reads the packages', async () => {
    const repomd = await writeRepository(root, { packages: ['foo', 'bar'] });
    const state = await rig.refresh({ verify: [] });
    expect(state).toMatchObject({
      revision: sha256(repomd),
      date: 1_700_000_000_000,
      verification: { metadata: false, packages: false },
    });
    expect(state.indexes.map((index) => index.path)).toEqual(['primary', 'filelists', 'other'].map((type) => `repodata/${type}.xml.gz`));
    expect((await rig.load({ verify: [] }, JSON.parse(JSON.stringify(state)))).map((candidate) => candidate.name)).toEqual(['foo', 'bar']);
  });

  it('fetches nothing but repomd.xml when nothing has changed, and gives the state itself', async () => {
    await writeRepository(root);
    const state = await rig.refresh({ verify: [] });
    rig.server.requests.length = 0;
    expect(await rig.refresh({ verify: [] }, { previous: state })).toBe(state);
    expect(rig.server.requests).toEqual(['/repodata/repomd.xml']);
  });

  it('verifies a signature where there is one, and notices when one appears', async () => {
    await writeRepository(root);
    const unsigned = await rig.refresh({}, { keyring });
    expect(unsigned.verification).toMatchObject({ metadata: false, packages: true });
    expect(await rig.refresh({}, { keyring, previous: unsigned })).toBe(unsigned);
    await writeRepository(root, { signer });
    const signed = await rig.refresh({}, { keyring, previous: unsigned });
    expect(signed.verification).toEqual({ metadata: true, packages: true, signedBy: signer.fingerprint });
    rig.server.requests.length = 0;
    expect(await rig.refresh({}, { keyring, previous: signed })).toBe(signed);
    expect(rig.server.requests).toEqual(['/repodata/repomd.xml']);
  });

  it('refuses metadata that is no longer signed, or not signed where it must be', async () => {
    await writeRepository(root, { signer });
    const signed = await rig.refresh({}, { keyring });
    await writeRepository(root, { packages: ['evil'], timestamp: 1_750_000_000 });
    await expect(rig.refresh({}, { keyring, previous: signed })).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' });
    await expect(rig.refresh({ verify: ['metadata'] }, { keyring })).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' });
    writeFileSync(join(root, 'repodata/repomd.xml.asc'), '');
    await expect(rig.refresh({ verify: ['metadata'] }, { keyring })).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' });
    await expect(rig.refresh({ verify: ['packages'] }, { keyring, previous: signed })).resolves.toMatchObject({
      verification: { metadata: false },
    });
  });

  it('takes 403 for a signature as none, as object stores answer, but not where there was one', async () => {
    await writeRepository(root, { signer });
    const signed = await rig.refresh({}, { keyring });
    rig.server.intercept = (request, response) => {
      if (request.url?.endsWith('.asc') !== true) return false;
      response.writeHead(403, { 'content-length': '0' }).end();
      return true;
    };
    expect((await rig.refresh({}, { keyring })).verification).toMatchObject({ metadata: false });
    await writeRepository(root, { timestamp: 1_700_000_100 });
    await expect(rig.refresh({}, { keyring, previous: signed })).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' });
    await expect(rig.refresh({ verify: ['metadata'] }, { keyring })).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' });
  });

  it('refuses a signature over something else, and fetches no index then', async () => {
    await writeRepository(root, { signer });
    writeFileSync(join(root, 'repodata/repomd.xml.asc'), await signer.signDetached(Buffer.from('other'), new Date('2024-01-01')));
    await expect(rig.refresh({}, { keyring })).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    expect(rig.server.requests.some((path) => path.endsWith('.gz'))).toBe(false);
  });

  it('refuses metadata that is older than what was accepted, unless that is allowed', async () => {
    await writeRepository(root, { timestamp: 1_700_000_500 });
    const state = await rig.refresh({ verify: [] });
    await writeRepository(root, { timestamp: 1_700_000_000.5 });
    await expect(rig.refresh({ verify: [] }, { previous: state })).rejects.toMatchObject({ code: 'RELEASE_ROLLBACK' });
    await expect(rig.refresh({ verify: [], allowRollback: true }, { previous: state })).resolves.toMatchObject({ date: 1_700_000_000_500 });
  });

  it('refuses metadata from the future, which would make everything after it seem old', async () => {
    const now = new Date(1_700_000_000_000);
    await writeRepository(root, { timestamp: 1_700_000_000 + 86_401 });
    await expect(rig.refresh({ verify: [] }, { now })).rejects.toMatchObject({ code: 'RELEASE_FUTURE' });
    await writeRepository(root, { timestamp: 1_700_000_000 + 86_399 });
    await expect(rig.refresh({ verify: [] }, { now })).resolves.toMatchObject({ date: 1_700_086_399_000 });
  });

  it('takes a revision for a time only where it can be one', async () => {
    const revise = (revision: string): void => {
      const path = join(root, 'repodata/repomd.xml');
      const text = readFileSync(path, 'utf8').replace(/<timestamp>[^<]*<.timestamp>/g, '');
      writeFileSync(path, text.replace('<data type="primary">', `<revision>${revision}</revision><data type="primary">`));
    };
    for (const [revision, date] of [
      ['1700000000', 1_700_000_000_000],
      ['2026112201', 0],
      ['8.1', 0],
    ] as const) {
      await writeRepository(root);
      revise(revision);
      await expect(rig.refresh({ verify: [] }, { now: new Date(1_750_000_000_000) })).resolves.toMatchObject({ date });
    }
  });

  it('has no download under way any more when one of several has failed', async () => {
    await writeRepository(root);
    rig.server.intercept = (request, response) => {
      if (request.url?.endsWith('other.xml.gz') !== true) return false;
      setTimeout(() => response.writeHead(404, { 'content-length': '0' }).end(), 300);
      return true;
    };
    writeFileSync(join(root, 'repodata/filelists.xml.gz'), 'something else');
    const start = performance.now();
    await expect(rig.refresh({ verify: [] })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    expect(performance.now() - start).toBeGreaterThan(290);
  });

  it('begins again when the upstream changes under its hands', async () => {
    await writeRepository(root);
    let changed = false;
    rig.server.intercept = (request) => {
      if (!changed && request.url?.endsWith('primary.xml.gz')) {
        changed = true;
        // What was fetched as repomd.xml is now out of date; the answer below is the new primary.
        void writeRepository(root, { packages: ['foo', 'new', 'newer'], timestamp: 1_700_000_100 });
      }
      return false;
    };
    const state = await rig.refresh({ verify: [] });
    expect((await rig.load({ verify: [] }, state)).map((candidate) => candidate.name)).toEqual(['foo', 'new', 'newer']);
  });

  it('gives up on an upstream whose index is not what it says', async () => {
    await writeRepository(root);
    writeFileSync(join(root, 'repodata/primary.xml.gz'), gzipSync('something else'));
    await expect(rig.refresh({ verify: [] })).rejects.toThrow(/primary/);
    rmSync(join(root, 'repodata/primary.xml.gz'));
    await expect(rig.refresh({ verify: [] })).rejects.toMatchObject({ code: 'FETCH_NOT_FOUND' });
  });

  it('does without filelists and other, but not without primary', async () => {
    await writeRepository(root, { omit: ['filelists', 'other'] });
    expect((await rig.refresh({ verify: [] })).indexes).toHaveLength(1);
    await writeRepository(root, { omit: ['primary'] });
    await expect(rig.refresh({ verify: [] })).rejects.toMatchObject({ code: 'METADATA_INCOMPLETE' });
  });

  it('accepts SHA-1 only where the configuration does', async () => {
    await writeRepository(root, { checksumType: 'sha', signer });
    for (const settings of [{ verify: ['metadata'] }, { verify: ['packages'] }, { allowWeak: ['md5', 'dsa'] }])
      await expect(rig.refresh(settings, { keyring })).rejects.toMatchObject({ code: 'CHECKSUM_WEAK' });
    await expect(rig.refresh({ verify: [] })).rejects.toMatchObject({ hint: expect.stringContaining('allowWeak: [sha1]') });
    const state = await rig.refresh({ allowWeak: ['sha1'] }, { keyring });
    expect(await rig.refresh({ allowWeak: ['sha1', 'dsa'] }, { keyring, previous: state })).toBe(state);
    await expect(rig.refresh({}, { keyring, previous: state })).rejects.toMatchObject({ code: 'CHECKSUM_WEAK' });
  });

  it('refuses an index that unpacks to something else than it says', async () => {
    await writeRepository(root, { openSize: 10 });
    const state = await rig.refresh({ verify: [] });
    await expect(rig.load({ verify: [] }, state)).rejects.toMatchObject({ code: 'DECOMPRESS_TOO_LARGE' });
    await writeRepository(root, { openSize: 100_000 });
    const longer = await rig.refresh({ verify: [] });
    await expect(rig.load({ verify: [] }, longer)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  });

  it('holds repomd.xml to the metalink', async () => {
    const repomd = await writeRepository(root);
    const metalink = (
      sum: string,
      alternate = '0'.repeat(64),
    ): string => `<metalink xmlns:mm0="urn:x"><files><file name="repomd.xml"><size>${repomd.length}</size>
      <verification><hash type="sha256">${sum}</hash></verification>
      <mm0:alternates><mm0:alternate><verification><hash type="sha256">${alternate}</hash></verification></mm0:alternate></mm0:alternates>
      <resources/></file></files></metalink>`;
    const settings = { url: undefined, metalink: `${rig.server.url}metalink`, verify: [] };
    writeFileSync(join(root, 'metalink'), metalink(sha256(repomd)));
    await expect(rig.refresh(settings)).resolves.toBeDefined();
    writeFileSync(join(root, 'metalink'), metalink('1'.repeat(64), sha256(repomd)));
    await expect(rig.refresh(settings)).resolves.toBeDefined();
    writeFileSync(join(root, 'metalink'), metalink('1'.repeat(64)));
    await expect(rig.refresh(settings)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  });

  /** Kinds and paths of what is kept besides packages. */
  const kept = (state: UpstreamState): string[] => state.supplements.map(({ kind, path }) => `${kind} ${path}`);
  const warnings = (): string[] => rig.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

  it('keeps every further kind of metadata, but neither databases nor zchunk', async () => {
    const data = {
      primary_db: 'a',
      primary_zck: 'b',
      group_bz2: 'c',
      group_gz: 'c',
      group: 'd',
      updateinfo: 'e',
      updateinfo_zck: 'f',
      modules: 'g',
      'x-1.de': 'h',
    };
    await writeRepository(root, { data });
    const state = await rig.refresh({ verify: [] });
    expect(kept(state)).toEqual([
      'data/group repodata/group.xml',
      'data/updateinfo repodata/updateinfo.xml',
      'data/modules repodata/modules.xml',
      'data/x-1.de repodata/x-1.de.xml',
    ]);
    const [group] = state.supplements;
    expect(await rig.blobs.readWhole(group?.sha256 ?? '', 10)).toEqual(Buffer.from('d'));
    expect(group).toMatchObject({ mirror: 'test', size: 1, sha256: sha256(Buffer.from('d')) });
    expect(rig.server.requests.filter((path) => /_db|_zck|_gz|_bz2/.test(path))).toEqual([]);
    expect(warnings()).toEqual([]);
  });

  it.each(['xz', 'zst', 'gz', 'bz2'])('takes groups that are there as group_%s only', async (compression) => {
    await writeRepository(root, { data: { [`group_${compression}`]: 'a' } });
    expect(kept(await rig.refresh({ verify: [] }))).toEqual([`data/group repodata/group_${compression}.xml`]);
  });

  it('leaves out what is missing or damaged and is not needed, and looks for it again the next time', async () => {
    await writeRepository(root, { data: { group: 'a', group_gz: 'b', updateinfo: 'c', prestodelta: 'd', modules: 'e' } });
    rmSync(join(root, 'repodata/group.xml'));
    rmSync(join(root, 'repodata/updateinfo.xml'));
    writeFileSync(join(root, 'repodata/prestodelta.xml'), 'x');
    const state = await rig.refresh({ verify: [] });
    expect(kept(state)).toEqual(['data/group repodata/group_gz.xml', 'data/modules repodata/modules.xml']);
    expect(warnings()).toEqual([
      expect.stringMatching(/updateinfo.xml, which is not there/),
      expect.stringMatching(/prestodelta.xml, which is something else than it should be/),
    ]);
    writeFileSync(join(root, 'repodata/updateinfo.xml'), 'c');
    writeFileSync(join(root, 'repodata/prestodelta.xml'), 'd');
    const later = await rig.refresh({ verify: [] }, { previous: state });
    expect(kept(later)).toHaveLength(4);
    expect(await rig.refresh({ verify: [] }, { previous: later })).toBe(later);
  });

  it('begins again where something is missing because there is newer metadata', async () => {
    await writeRepository(root, { data: { group: 'a' } });
    let changed = false;
    rig.server.intercept = (request, response) => {
      if (changed || request.url?.endsWith('group.xml') !== true) return false;
      changed = true;
      response.writeHead(404, { 'content-length': '0' }).end();
      void writeRepository(root, { data: { group: 'b' }, timestamp: 1_700_000_100 });
      return true;
    };
    const state = await rig.refresh({ verify: [] });
    expect(state.supplements).toMatchObject([{ kind: 'data/group', sha256: sha256(Buffer.from('b')) }]);
    expect(warnings()).toEqual([]);
  });

  it('does not do without modules', async () => {
    await writeRepository(root, { data: { modules: 'a' } });
    rmSync(join(root, 'repodata/modules.xml'));
    await expect(rig.refresh({ verify: [] })).rejects.toMatchObject({ code: 'FETCH_NOT_FOUND' });
    await writeRepository(root, { data: { modules_zck: 'a' } });
    await expect(rig.refresh({ verify: [] })).rejects.toMatchObject({
      code: 'METADATA_INCOMPLETE',
      message: expect.stringContaining('zchunk'),
    });
  });

  it('says what is there as zchunk only', async () => {
    await writeRepository(root, { omit: ['primary'], data: { primary_zck: 'a' } });
    await expect(rig.refresh({ verify: [] })).rejects.toMatchObject({
      code: 'METADATA_INCOMPLETE',
      message: expect.stringContaining('zchunk'),
    });
    await writeRepository(root, { omit: ['filelists'], data: { filelists_zck: 'a', group_gz_zck: 'b', group: 'c' } });
    const state = await rig.refresh({ verify: [] });
    expect(kept(state)).toEqual(['data/group repodata/group.xml']);
    expect(warnings()).toEqual([expect.stringContaining('has its filelists as zchunk only')]);
    expect(await rig.refresh({ verify: [] }, { previous: state })).toBe(state);
  });

  it('keeps every file and document for a copy that is to be the same', async () => {
    const data = { primary_db: 'a', primary_zck: 'b', group_gz: 'c', group: 'd', modules: 'e' };
    const repomd = await writeRepository(root, { data, signer });
    writeFileSync(join(root, 'repodata/repomd.xml.key'), 'key');
    const plain = await rig.refresh({}, { keyring });
    const state = await rig.refresh({}, { keyring, previous: plain, verbatim: true });
    const names = [
      'primary.xml.gz',
      'filelists.xml.gz',
      'other.xml.gz',
      'primary_db.xml',
      'primary_zck.zck',
      'group_gz.xml',
      'group.xml',
      'modules.xml',
    ];
    expect(kept(state).toSorted()).toEqual(
      [
        ...['repomd.xml', 'repomd.xml.asc', 'repomd.xml.key'].map((name) => `release repodata/${name}`),
        ...['group', 'modules'].map((type) => `data/${type} repodata/${type}.xml`),
        ...names.map((name) => `index repodata/${name}`),
      ].toSorted(),
    );
    const document = state.supplements.find(({ path }) => path === 'repodata/repomd.xml');
    expect(await rig.blobs.readWhole(document?.sha256 ?? '', 10_000)).toEqual(repomd);
    expect(await rig.refresh({}, { keyring, previous: state, verbatim: true })).toBe(state);
    expect(kept(await rig.refresh({}, { keyring, previous: state }))).toHaveLength(2);
  });

  it('has no signature or key in a copy of what has none', async () => {
    await writeRepository(root);
    expect(kept(await rig.refresh({ verify: [] }, { verbatim: true })).filter((line) => line.startsWith('release'))).toEqual([
      'release repodata/repomd.xml',
    ]);
    const path = join(root, 'repodata/repomd.xml');
    writeFileSync(path, readFileSync(path, 'utf8').replace('href="repodata/other', `xml:base="${rig.server.url}" href="repodata/other`));
    await expect(rig.refresh({ verify: [] })).resolves.toBeDefined();
    await expect(rig.refresh({ verify: [] }, { verbatim: true })).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
  });

  describe('from several servers', () => {
    const others: { readonly folder: string; readonly server: FileServer }[] = [];
    const another = async (): Promise<{ readonly folder: string; readonly server: FileServer }> => {
      const folder = mkdtempSync(join(tmpdir(), 'mirror-upstream-'));
      const one = { folder, server: await serveFiles(folder) };
      others.push(one);
      return one;
    };
    afterEach(async () => {
      for (const { folder, server } of others.splice(0)) {
        await server.close();
        rmSync(folder, { recursive: true, force: true });
      }
    });
    const metalink = (sums: readonly string[]): void => {
      const [current = '', ...alternates] = sums.map(
        (sum) => `<verification><hash type="md5">${'0'.repeat(32)}</hash><hash type="sha256">${sum}</hash></verification>`,
      );
      const older = alternates.map((verification) => `<mm0:alternate>${verification}</mm0:alternate>`).join('');
      writeFileSync(
        join(root, 'metalink'),
        `<metalink xmlns:mm0="urn:x"><files><file name="repomd.xml">${current}<mm0:alternates>${older}</mm0:alternates><resources/></file></files></metalink>`,
      );
    };

    it('passes over servers that are behind, and takes the newest that the metalink allows', async () => {
      const [behind, ahead] = [await another(), await another()];
      const newest = await writeRepository(root, { packages: ['c'], timestamp: 1_700_000_300, signer });
      const old = await writeRepository(behind.folder, { packages: ['a'], timestamp: 1_700_000_100, signer });
      const middle = await writeRepository(ahead.folder, { packages: ['b'], timestamp: 1_700_000_200, signer });
      const settings = { url: undefined, metalink: `${rig.server.url}metalink` };
      const refresh = (): Promise<UpstreamState> =>
        rig.refresh(settings, { keyring, bases: [behind.server.url, 'http://127.0.0.1:1/', ahead.server.url, rig.server.url] });
      metalink([sha256(newest), sha256(middle), sha256(old)]);
      expect(await refresh()).toMatchObject({ revision: sha256(newest), verification: { metadata: true } });
      metalink(['0'.repeat(64), sha256(middle), sha256(old)]);
      expect(await refresh()).toMatchObject({ revision: sha256(middle), verification: { metadata: true } });
      metalink(['0'.repeat(64)]);
      await expect(refresh()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH', message: expect.stringContaining('of 4 servers') });
    });

    it('passes over servers that have less than what was accepted, and refuses when none has more', async () => {
      const [behind, gone] = [await another(), await another()];
      await writeRepository(root, { timestamp: 1_700_000_200, signer });
      await writeRepository(behind.folder, { packages: ['a'], timestamp: 1_700_000_100, signer });
      const accepted = await rig.refresh({}, { keyring });
      const newest = await writeRepository(root, { packages: ['b'], timestamp: 1_700_000_300, signer });
      const bases = [behind.server.url, gone.server.url, rig.server.url];
      expect(await rig.refresh({}, { keyring, previous: accepted, bases })).toMatchObject({
        revision: sha256(newest),
        verification: { metadata: true },
      });
      for (const few of [bases.slice(0, 1), bases.slice(0, 2)])
        await expect(rig.refresh({}, { keyring, previous: accepted, bases: few })).rejects.toMatchObject({ code: 'RELEASE_ROLLBACK' });
    });

    it('takes a file from the next server where one does not have it', async () => {
      const partial = await another();
      await writeRepository(root, { signer, data: { group: 'x' } });
      cpSync(join(root, 'repodata'), join(partial.folder, 'repodata'), { recursive: true });
      for (const name of ['primary.xml.gz', 'group.xml']) rmSync(join(partial.folder, 'repodata', name));
      const state = await rig.refresh({}, { keyring, bases: [partial.server.url, rig.server.url] });
      expect(kept(state)).toEqual(['data/group repodata/group.xml']);
      expect(partial.server.requests).toContain('/repodata/repomd.xml.asc');
      expect(warnings()).toEqual([]);
    });

    it('takes the signature from the server that the document is from', async () => {
      const [failing, behind] = [await another(), await another()];
      const newest = await writeRepository(root, { timestamp: 1_700_000_300, signer });
      await writeRepository(behind.folder, { packages: ['old'], signer });
      failing.server.intercept = (_request, response) => {
        response.writeHead(404, { 'content-length': '0' }).end();
        return true;
      };
      behind.server.intercept = (request, response) => {
        if (request.url?.endsWith('repomd.xml') !== true) return false;
        response.writeHead(404, { 'content-length': '0' }).end();
        return true;
      };
      const bases = [failing.server.url, behind.server.url, rig.server.url];
      expect(await rig.refresh({}, { keyring, bases })).toMatchObject({ revision: sha256(newest), verification: { metadata: true } });
    });
  });

  it('asks below a base with a query, such as an access token, with that query', async () => {
    await writeRepository(root, { signer, data: { group: 'x' } });
    const asked: string[] = [];
    rig.server.intercept = (request, response) => {
      asked.push(request.url ?? '');
      if (request.url?.endsWith('?token=a%2Fb') === true) return false;
      response.writeHead(403, { 'content-length': '0' }).end();
      return true;
    };
    const state = await rig.refresh({}, { keyring, bases: [`${rig.server.url}?token=a%2Fb`] });
    expect(state.verification.metadata).toBe(true);
    expect(asked.slice(0, 2)).toEqual(['/repodata/repomd.xml?token=a%2Fb', '/repodata/repomd.xml.asc?token=a%2Fb']);
    expect(asked).toHaveLength(6);
    rmSync(join(root, 'repodata/primary.xml.gz'));
    await writeRepository(root, { timestamp: 1_700_000_500 });
    const failing = rig.refresh({ verify: ['metadata'] }, { keyring, bases: [`${rig.server.url}?token=a%2Fb`] });
    await expect(failing).rejects.toThrow(expect.not.objectContaining({ message: expect.stringContaining('a%2Fb') }));
  });
});
