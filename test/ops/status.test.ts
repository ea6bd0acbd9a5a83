import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detailsText } from '../../src/cli/render/details.ts';
import { mirrorTable, publicationTable, sourceTables, statusText } from '../../src/cli/render/summaries.ts';
import { configSchema } from '../../src/config/schema.ts';
import { listMirrors, listPublished, listSources, showName, storageStatus } from '../../src/ops/status.ts';
import type { Catalogue, MirrorState } from '../../src/store/catalogue.ts';
import { openCatalogue } from '../../src/store/state.ts';

const SYNCED = Date.parse('2026-01-31T12:00:00Z');
const NOW = SYNCED + 3 * 3600 * 1000;
const FINGERPRINT = 'AB'.repeat(20);

describe('ops/status', () => {
  let storage: string;
  let catalogue: Catalogue;
  const config = configSchema.parse({
    storage: '/nowhere/at/all',
    mirrors: {
      main: {
        type: 'apt',
        url: 'https://user:pw@a.example.org/u',
        suite: 's',
        components: ['main'],
        filter: 'socat',
        withDeps: { recommends: true },
      },
      open: { type: 'yum', url: ['http://a.example.org/', 'http://b.example.org/'], verify: [] },
      new: { type: 'yum', metalink: 'http://a.example.org/metalink' },
      // Its name stood for an apt mirror before.
      changed: { type: 'yum', mirrorlist: 'http://a.example.org/list' },
    },
    groups: { all: ['main', 'open'] },
    publications: { main: { from: ['main'] }, later: { from: ['open'] } },
  });

  beforeAll(async () => {
    storage = await mkdtemp(join(tmpdir(), 'mirror-status-'));
    catalogue = openCatalogue(storage);
    const ids = catalogue.addPackages('apt', [
      {
        name: 'socat',
        version: '1',
        architecture: 'amd64',
        sha256: 'a'.repeat(64),
        size: 3 * 1024 * 1024,
        location: 'socat.deb',
        record: Buffer.from('Package: socat\n'),
      },
    ]);
    const state = (more: Partial<MirrorState> & Pick<MirrorState, 'name'>): MirrorState => ({
      family: 'apt',
      upstream: {
        revision: 'r',
        date: SYNCED - 86_400_000,
        validUntil: SYNCED + 3600_000,
        supplements: [],
        indexes: [],
        verification: { metadata: true, packages: false, signedBy: FINGERPRINT },
        particulars: {},
      },
      keys: [{ fingerprint: FINGERPRINT, armored: '' }],
      contents: {
        list: catalogue.saveList('apt', ids),
        supplements: [],
        selection: '',
        unsatisfied: [{ requirement: 'libmissing (>= 2)', chain: ['socat', 'libdep'] }],
        checked: { metadata: true, packages: false },
        keys: [{ fingerprint: FINGERPRINT, armored: '' }],
        syncedAt: SYNCED,
      },
      ...more,
    });
    const main = state({ name: 'main' });
    catalogue.putMirror(main);
    catalogue.putMirror(state({ name: 'changed' }));
    const unverified = { ...main.upstream, validUntil: undefined, verification: { metadata: false, packages: false } };
    const checked = { metadata: false, packages: false };
    const list = catalogue.saveList('yum', []);
    const contents = { list, supplements: [], selection: '', unsatisfied: [], checked, keys: [], syncedAt: SYNCED };
    catalogue.putMirror(state({ name: 'open', family: 'yum', upstream: unverified, contents, keys: [] }));
    catalogue.publish({
      name: 'main',
      family: 'apt',
      path: '/main',
      distribution: 's',
      components: ['main'],
      architectures: ['amd64'],
      from: ['main'],
      verified: true,
      packagesSigned: false,
      signedBy: FINGERPRINT,
      publicKey: '',
      packageKeys: [],
      packages: 1,
      bytes: 3 * 1024 * 1024,
      generation: { publication: 'main', number: 1, digest: 'd'.repeat(64), publishedAt: SYNCED, inputs: '', parts: [] },
    });
  });
  afterAll(async () => {
    catalogue.close();
    await rm(storage, { recursive: true });
  });

  it('lists mirrors in the order of the configuration, without passwords', () => {
    const mirrors = listMirrors(config, catalogue);
    expect(mirrors).toMatchObject([
      {
        name: 'main',
        type: 'apt',
        url: ['https://a.example.org/u'],
        suite: 's',
        groups: ['all'],
        publications: ['main'],
        packages: 1,
        bytes: 3 * 1024 * 1024,
        syncedAt: '2026-01-31T12:00:00.000Z',
        verified: { metadata: true, packages: false, signedBy: FINGERPRINT },
        upstreamDate: '2026-01-30T12:00:00.000Z',
        validUntil: '2026-01-31T13:00:00.000Z',
        unsatisfied: 1,
      },
      { name: 'open', verified: { metadata: false, packages: false, signedBy: null }, validUntil: null },
      { name: 'new', metalink: 'http://a.example.org/metalink', syncedAt: null, verified: null },
      { name: 'changed', mirrorlist: 'http://a.example.org/list', syncedAt: null, packages: 0 },
    ]);
    expect(JSON.stringify(mirrors)).not.toContain('pw');
    expect(
      mirrorTable(mirrors, NOW)
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['MIRROR', 'TYPE', 'UPSTREAM', 'PACKAGES', 'SIZE', 'SYNCED', 'VERIFIED'],
      ['main', 'apt', 'https://a.example.org/u s main', '1', '3.0 MiB', '3 hours ago', 'metadata'],
      ['open', 'yum', 'http://a.example.org/ (and 1 more)', '0', '0 B', '3 hours ago', 'NO'],
      ['new', 'yum', 'http://a.example.org/metalink', '-', '-', 'never', '-'],
      ['changed', 'yum', 'http://a.example.org/list', '-', '-', 'never', '-'],
      [''],
    ]);
  });

  it('lists what is published under the names of the configuration', () => {
    const published = listPublished(catalogue);
    expect(published).toEqual([
      {
        name: 'main',
        family: 'apt',
        path: '/main',
        distribution: 's',
        components: ['main'],
        architectures: ['amd64'],
        generation: 1,
        digest: 'd'.repeat(64),
        published: '2026-01-31T12:00:00.000Z',
        from: ['main'],
        packages: 1,
        bytes: 3 * 1024 * 1024,
        verified: true,
        signedBy: FINGERPRINT,
      },
    ]);
    expect(publicationTable(published, NOW)).toContain('s main');
    expect(listPublished(undefined)).toEqual([]);
  });

  it('says how much room there is where the storage will be, and what needs attention', async () => {
    const status = await storageStatus(config, catalogue);
    expect(status.storage.totalBytes).toBeGreaterThan(status.storage.freeBytes);
    expect(status.unpublished).toEqual(['later']);
    expect(status.unconfigured).toEqual([]);
    const { main: _dropped, ...publications } = config.publications;
    const without = await storageStatus({ ...config, publications }, catalogue);
    expect(without.unconfigured).toEqual(['main']);
    expect(statusText(without, NOW)).toContain('main: published, and not in the configuration any more (mirror publish drop main)\n');
    const text = statusText(status, NOW);
    expect(text).toContain('Never published: later\n');
    expect(text).toContain('main: 1 dependencies cannot be satisfied (mirror show main)\n');
    expect(text).toContain("main: the upstream's metadata expired 2 hours ago; sync it again\n");
  });

  it('shows all that goes by a name', () => {
    const [mirror, publication] = showName(config, catalogue, 'main');
    expect(mirror).toMatchObject({ kind: 'mirror', keys: [{ fingerprint: FINGERPRINT }] });
    expect(publication).toMatchObject({ kind: 'publication', generations: [{ number: 1, current: true }] });
    if (mirror === undefined || publication === undefined) throw new Error('not shown');
    const text = detailsText(mirror, NOW);
    expect(text).toMatch(/^With dependencies: +yes, recommends$/m);
    expect(text).toMatch(/^Not satisfied: +libmissing \(>= 2\) \(needed by libdep, needed by socat\)$/m);
    expect(detailsText(publication, NOW)).toMatch(/^Generations: +1 {2}2026-01-31T12:00:00.000Z {2}d{16} {2}current$/m);
    expect(showName(config, catalogue, 'all')).toMatchObject([{ kind: 'group', mirrors: [{ name: 'main' }, { name: 'open' }] }]);
    expect(showName(config, undefined, 'later')).toEqual([{ kind: 'publication', name: 'later', from: ['open'], generations: [] }]);
    expect(() => showName(config, catalogue, 'mian')).toThrow(
      expect.objectContaining({ code: 'NAME_UNKNOWN', hint: 'Did you mean main?' }),
    );
    expect(() => showName(config, undefined, 'constructor')).toThrow('no mirror, group, repo, snapshot or publication');
  });

  it('lists and shows repos and snapshots', () => {
    const withRepo = {
      ...config,
      repos: { local: { type: 'apt' as const } },
      publications: { debs: { ...config.publications['main'], from: ['local'] } },
    };
    const parsed = configSchema.parse(JSON.parse(JSON.stringify(withRepo)));
    const list = catalogue.saveList('apt', []);
    const contents = { list, supplements: [], checked: { metadata: false, packages: false }, keys: [] };
    const snapshot = { name: 'frozen', family: 'apt' as const, contents, createdAt: SYNCED, description: 'of the repo local' };
    catalogue.addSnapshot({ ...snapshot, from: [{ kind: 'repo', name: 'local' }] });
    try {
      const sources = listSources(parsed, catalogue);
      expect(sources.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
        ...['mirror main', 'mirror open', 'mirror new', 'mirror changed'],
        ...['repo local', 'snapshot frozen'],
      ]);
      expect(sourceTables(sources, NOW)).toMatch(/\n\nREPO .*\nlocal .*\n\nSNAPSHOT .*\nfrozen +apt +0 .* of the repo local\n$/);
      const [repo] = showName(parsed, catalogue, 'local');
      expect(repo).toMatchObject({ kind: 'repo', name: 'local', packages: 0, publications: ['debs'] });
      const [shown] = showName(parsed, catalogue, 'frozen');
      expect(shown).toMatchObject({ kind: 'snapshot', from: [{ kind: 'repo', name: 'local' }] });
      if (repo === undefined || shown === undefined) throw new Error('not shown');
      expect(detailsText(repo, NOW)).toMatch(/^Published in: +debs$/m);
      expect(detailsText(shown, NOW)).toMatch(/^Verified: +NO$/m);
    } finally {
      catalogue.dropSnapshot('frozen');
    }
  });
});
