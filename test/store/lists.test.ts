import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { packageRecord, temporaryCatalogue } from './catalogue-fixture.ts';

describe('store/lists', () => {
  it('is the same list for the same members, in any order and number', async () => {
    const { catalogue } = await temporaryCatalogue();
    const ids = catalogue.addPackages('apt', [packageRecord(1), packageRecord(2), packageRecord(3)]);
    const list = catalogue.saveList('apt', ids);
    expect(list).toMatchObject({ family: 'apt', count: 3, bytes: 306 });
    expect(catalogue.saveList('apt', [...ids, ...ids].reverse())).toEqual(list);
    expect(catalogue.list(list.id)).toEqual(list);
    expect(catalogue.saveList('apt', ids.slice(1)).digest).not.toBe(list.digest);
    expect(catalogue.list(99)).toBeUndefined();
  });

  it('has the same digest on another site, where the ids are others', async () => {
    const [here, there] = [(await temporaryCatalogue()).catalogue, (await temporaryCatalogue()).catalogue];
    const records = Array.from({ length: 50 }, (_, index) => packageRecord(index));
    there.addPackages('yum', [packageRecord(99)]);
    const one = here.saveList('yum', here.addPackages('yum', records));
    const other = there.saveList('yum', there.addPackages('yum', [...records].reverse()));
    expect(other.digest).toBe(one.digest);
  });

  it('can be empty, in each family', async () => {
    const { catalogue } = await temporaryCatalogue();
    const apt = catalogue.saveList('apt', []);
    const yum = catalogue.saveList('yum', []);
    expect(apt).toMatchObject({ family: 'apt', count: 0, bytes: 0 });
    expect(yum.family).toBe('yum');
    expect([...catalogue.packages(apt.id)]).toEqual([]);
  });

  it('refuses members that are not there or of another family', async () => {
    const { catalogue } = await temporaryCatalogue();
    const ids = catalogue.addPackages('apt', [packageRecord(1)]);
    expect(() => catalogue.saveList('apt', [...ids, 77])).toThrow(expect.objectContaining({ code: 'BLOB_CORRUPT' }));
    expect(() => catalogue.saveList('yum', ids)).toThrow(expect.objectContaining({ code: 'BLOB_CORRUPT' }));
  });

  it('gives packages by name, then architecture, then id, each by its bytes', async () => {
    const { catalogue } = await temporaryCatalogue();
    const names = ['b', 'a', '\u{1F600}', '\uFFFD', 'B', 'a-b', 'ä', 'a+b', 'a'];
    const ids = catalogue.addPackages('apt', [
      ...names.map((name, index) => packageRecord(index, { name })),
      packageRecord(50, { name: 'a', architecture: 'all' }),
    ]);
    const found = [...catalogue.packages(catalogue.saveList('apt', ids).id)].map(({ id, name, architecture }) => ({
      id,
      name,
      architecture,
    }));
    const sorted = [...found].sort(
      (x, y) =>
        Buffer.compare(Buffer.from(x.name), Buffer.from(y.name)) ||
        Buffer.compare(Buffer.from(x.architecture), Buffer.from(y.architecture)) ||
        x.id - y.id,
    );
    expect(found).toEqual(sorted);
    expect(found.length).toBe(10);
  });

  it('lets rows be written and read while packages are being read', async () => {
    const { catalogue } = await temporaryCatalogue();
    const list = catalogue.saveList('apt', catalogue.addPackages('apt', [packageRecord(1), packageRecord(2)]));
    const seen: string[] = [];
    for (const entry of catalogue.packages(list.id)) {
      catalogue.addExtras([{ id: entry.id, kind: 'other', data: Buffer.from(entry.name) }]);
      for (const { data } of catalogue.extras([entry.id], 'other')) seen.push(String(data));
    }
    expect(seen).toEqual(['package-1', 'package-2']);
  });

  it('says so when a list or its members are damaged or not there', async () => {
    const { catalogue, storage } = await temporaryCatalogue();
    const list = catalogue.saveList('apt', catalogue.addPackages('apt', [packageRecord(1), packageRecord(2)]));
    const corrupt = expect.objectContaining({ code: 'BLOB_CORRUPT' });
    expect(() => [...catalogue.packages(5)]).toThrow(corrupt);
    const database = new Database(`${storage}/state.db`);
    for (const members of ['0180', '00', '0163']) {
      database.prepare('UPDATE lists SET members = ? WHERE id = ?').run(Buffer.from(members, 'hex'), list.id);
      expect(() => [...catalogue.packages(list.id)]).toThrow(corrupt);
    }
    database.close();
  });

  it('streams 20,000 packages quickly and sorted', async () => {
    const { catalogue } = await temporaryCatalogue();
    const records = Array.from({ length: 20_000 }, (_, index) => packageRecord((index * 7919) % 20_000));
    const list = catalogue.saveList('apt', catalogue.addPackages('apt', records));
    const started = performance.now();
    let previous = '';
    let count = 0;
    for (const { name } of catalogue.packages(list.id)) {
      expect(name > previous).toBe(true);
      previous = name;
      count++;
    }
    expect(count).toBe(20_000);
    // About 200 ms on an idle machine.
    expect(performance.now() - started).toBeLessThan(4000);
  });
});
