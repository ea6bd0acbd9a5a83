import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { MirrorContents, MirrorState, PackageList } from '../../src/store/catalogue.ts';
import { packageRecord, temporaryCatalogue } from './catalogue-fixture.ts';
import { sha256 } from './storage-fixture.ts';

const STATE: MirrorState = {
  name: 'docker',
  family: 'yum',
  upstream: {
    revision: sha256('repomd'),
    date: 1_700_000_000_000,
    validUntil: 1_800_000_000_000,
    supplements: [],
    indexes: [{ path: 'repodata/primary.xml.gz', sha256: sha256('primary'), size: 12 }],
    verification: { metadata: true, packages: false, signedBy: 'ABCD' },
    particulars: { nested: { list: [1, 'two', null] } },
  },
  keys: [{ fingerprint: 'ABCD', armored: '-----BEGIN' }],
};

const contentsWith = (list: PackageList): MirrorContents => ({
  list,
  supplements: [],
  selection: 'selection',
  unsatisfied: [{ requirement: 'libfoo', chain: ['a', 'b'] }],
  checked: { metadata: true, packages: false },
  keys: [{ fingerprint: 'EF01', armored: '-----BEGIN' }],
  syncedAt: 1_700_000_000_001,
});

describe('store/mirrors', () => {
  it('gives back a mirror as it was put, with and without packages', async () => {
    const { catalogue } = await temporaryCatalogue();
    expect(catalogue.mirror('docker')).toBeUndefined();
    catalogue.putMirror(STATE);
    expect(catalogue.mirror('docker')).toEqual(STATE);
    const list = catalogue.saveList('yum', catalogue.addPackages('yum', [packageRecord(1)]));
    const synced: MirrorState = {
      ...STATE,
      contents: contentsWith(list),
      upstream: { ...STATE.upstream, verification: { metadata: false, packages: false } },
    };
    catalogue.putMirror(synced);
    expect(catalogue.mirror('docker')).toEqual(synced);
    catalogue.putMirror({ ...STATE, name: 'base' });
    expect(catalogue.mirrors().map((mirror) => mirror.name)).toEqual(['base', 'docker']);
  });

  it('refuses a list that is not there', async () => {
    const { catalogue } = await temporaryCatalogue();
    const list = { id: 9, family: 'yum', digest: '', count: 0, bytes: 0 } as const;
    expect(() => catalogue.putMirror({ ...STATE, contents: contentsWith(list) })).toThrow(expect.objectContaining({ code: 'STORAGE' }));
  });

  it.each([
    ['family', 'zypper'],
    ['upstream', '{'],
    ['upstream', '{}'],
    ['upstream', JSON.stringify({ ...STATE.upstream, supplements: [], indexes: [{ path: 1 }] })],
    ['contents', '{}'],
    ['contents', JSON.stringify({ supplements: [], selection: '', unsatisfied: [1], checked: {}, keys: [], syncedAt: 0 })],
    ['keys', 'null'],
  ])('says so when its %s is %s', async (column, value) => {
    const { catalogue, storage } = await temporaryCatalogue();
    catalogue.putMirror({ ...STATE, contents: contentsWith(catalogue.saveList('yum', [])) });
    const database = new Database(`${storage}/state.db`);
    database.prepare(`UPDATE mirrors SET ${column} = ?`).run(value);
    database.close();
    expect(() => catalogue.mirror('docker')).toThrow(
      expect.objectContaining({ code: 'BLOB_CORRUPT', message: expect.stringMatching(/docker in the state database is damaged/) }),
    );
  });
});
