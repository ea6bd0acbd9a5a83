import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { Catalogue, SnapshotState } from '../../src/store/catalogue.ts';
import { packageRecord, temporaryCatalogue } from './catalogue-fixture.ts';
import { sha256 } from './storage-fixture.ts';

function snapshotOf(catalogue: Catalogue, name: string, from: SnapshotState['from'] = []): SnapshotState {
  const list = catalogue.saveList('apt', catalogue.addPackages('apt', [packageRecord(1)]));
  const supplement = {
    path: 'main/i18n/Translation-en.xz',
    sha256: sha256('x'),
    size: 3,
    kind: 'translation',
    mirror: 'm',
    component: 'main',
  };
  return {
    name,
    family: 'apt',
    contents: {
      list,
      supplements: [supplement],
      checked: { metadata: true, packages: false },
      keys: [{ fingerprint: 'AB', armored: '-----BEGIN' }],
    },
    createdAt: 1_700_000_000_000,
    description: 'as it was',
    from,
  };
}

describe('store/snapshots', () => {
  it('gives back what was added, by name', async () => {
    const { catalogue } = await temporaryCatalogue();
    expect(catalogue.snapshot('b')).toBeUndefined();
    const [b, a] = [snapshotOf(catalogue, 'b', [{ kind: 'mirror', name: 'm' }]), snapshotOf(catalogue, 'a')];
    for (const state of [b, a]) catalogue.addSnapshot(state);
    expect(catalogue.snapshot('b')).toEqual(b);
    expect(catalogue.snapshots()).toEqual([a, b]);
  });

  it('does not change a snapshot that is there', async () => {
    const { catalogue } = await temporaryCatalogue();
    const first = snapshotOf(catalogue, 'a');
    catalogue.addSnapshot(first);
    const other = { ...snapshotOf(catalogue, 'a'), description: 'another' };
    expect(() => catalogue.addSnapshot(other)).toThrow(expect.objectContaining({ code: 'NAME_TAKEN' }));
    expect(catalogue.snapshot('a')).toEqual(first);
  });

  it('renames it where others say that they were made from it, too', async () => {
    const { catalogue } = await temporaryCatalogue();
    catalogue.addSnapshot(snapshotOf(catalogue, 'a'));
    catalogue.addSnapshot(
      snapshotOf(catalogue, 'b', [
        { kind: 'mirror', name: 'a' },
        { kind: 'snapshot', name: 'a' },
      ]),
    );
    expect(catalogue.renameSnapshot('no', 'x')).toBe(false);
    expect(() => catalogue.renameSnapshot('a', 'b')).toThrow(expect.objectContaining({ code: 'NAME_TAKEN' }));
    expect(catalogue.renameSnapshot('a', 'c')).toBe(true);
    expect(catalogue.snapshots().map(({ name }) => name)).toEqual(['b', 'c']);
    expect(catalogue.snapshot('b')?.from).toEqual([
      { kind: 'mirror', name: 'a' },
      { kind: 'snapshot', name: 'c' },
    ]);
  });

  it('is gone when it was dropped', async () => {
    const { catalogue } = await temporaryCatalogue();
    catalogue.addSnapshot(snapshotOf(catalogue, 'a'));
    expect(catalogue.dropSnapshot('a')).toBe(true);
    expect(catalogue.dropSnapshot('a')).toBe(false);
    expect(catalogue.snapshots()).toEqual([]);
  });

  it.each(['contents', 'sources'])('says so when its %s is damaged', async (column) => {
    const { catalogue, storage } = await temporaryCatalogue();
    catalogue.addSnapshot(snapshotOf(catalogue, 'a'));
    const database = new Database(`${storage}/state.db`);
    database.prepare(`UPDATE snapshots SET ${column} = '{'`).run();
    database.close();
    expect(() => catalogue.snapshot('a')).toThrow(
      expect.objectContaining({ code: 'BLOB_CORRUPT', message: expect.stringContaining('of the snapshot a') }),
    );
  });
});
