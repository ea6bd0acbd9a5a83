import { describe, expect, it } from 'vitest';
import { deferRecords } from '../../src/store/deferred-packages.ts';
import { packageRecord, temporaryCatalogue } from './catalogue-fixture.ts';

describe('store/deferred-packages', () => {
  it('are what the packages of the list are, in the same order', async () => {
    const { catalogue } = await temporaryCatalogue();
    const names = ['b', 'a', '\u{1F600}', '\uFFFD', 'B', 'a-b', 'ä', 'a+b', 'a'];
    const records = [
      ...names.map((name, index) => packageRecord(index, { name })),
      packageRecord(50, { name: 'a', architecture: 'all' }),
      packageRecord(51, { files: [{ name: 'more.tar', sha256: 'a'.repeat(64), size: 1 }] }),
      ...Array.from({ length: 600 }, (_, index) => packageRecord(100 + index)),
    ];
    const list = catalogue.saveList('apt', catalogue.addPackages('apt', records));
    const plain = [...catalogue.packages(list.id)];
    const deferred = catalogue.deferredPackages(list.id);
    expect(deferred.map((entry) => ({ ...entry, record: entry.record }))).toEqual(plain);
  });

  it('read ahead where they are gone through in order, and one by one otherwise', () => {
    const read: number[] = [];
    const entries = Array.from({ length: 600 }, (_, index) => ({ ...packageRecord(index), id: index + 1 }));
    const packages = deferRecords(entries, (ids) => {
      read.push(ids.length);
      return ids.map((id) => Buffer.from(`record ${id}`));
    });
    expect(packages.map((entry) => entry.record.toString())).toEqual(entries.map(({ id }) => `record ${id}`));
    expect(read).toEqual([256, 256, 88]);
    read.length = 0;
    for (const index of [500, 300, 100, 598, 1]) expect(packages[index]?.record.toString()).toBe(`record ${index + 1}`);
    // The last page is still held.
    expect(read).toEqual([1, 1, 1, 1]);
  });
});
