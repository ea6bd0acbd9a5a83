import { describe, expect, it } from 'vitest';
import { packageRecord, temporaryCatalogue } from './catalogue-fixture.ts';
import { sha256 } from './storage-fixture.ts';

describe('store/packages', () => {
  it('stores a package once, and gives ids in the order asked for', async () => {
    const { catalogue } = await temporaryCatalogue();
    const [one, two] = catalogue.addPackages('apt', [packageRecord(1), packageRecord(2)]);
    expect(one).not.toBe(two);
    const again = catalogue.addPackages('apt', [packageRecord(2), packageRecord(3), packageRecord(1), packageRecord(3)]);
    expect([again[0], again[2]]).toEqual([two, one]);
    expect(again[1]).toBe(again[3]);
    expect(new Set(again).size).toBe(3);
  });

  it('tells packages apart by family, file, record and location', async () => {
    const { catalogue } = await temporaryCatalogue();
    const ids = [
      ...catalogue.addPackages('apt', [
        packageRecord(1),
        packageRecord(1, { sha256: sha256('other') }),
        packageRecord(1, { record: Buffer.from('other') }),
        packageRecord(1, { location: 'other' }),
      ]),
      ...catalogue.addPackages('yum', [packageRecord(1)]),
    ];
    expect(new Set(ids).size).toBe(5);
  });

  it('gives back every field, and any bytes of the record', async () => {
    const { catalogue } = await temporaryCatalogue();
    const record = packageRecord(1, { name: 'ünï', size: 8_000_000_000, record: Buffer.from([0, 255, 10, 0, 128]) });
    const ids = catalogue.addPackages('yum', [record]);
    const [stored] = catalogue.packages(catalogue.saveList('yum', ids).id);
    expect(stored).toEqual({ ...record, id: ids[0] });
  });

  it('stores nothing of a batch that fails', async () => {
    const { catalogue } = await temporaryCatalogue();
    const broken = { ...packageRecord(2), size: null as unknown as number };
    expect(() => catalogue.addPackages('apt', [packageRecord(1), broken])).toThrow();
    const [id] = catalogue.addPackages('apt', [packageRecord(3)]);
    expect(id).toBe(1);
  });

  it('keeps extras by kind, the first for good', async () => {
    const { catalogue } = await temporaryCatalogue();
    const [one = 0, two = 0] = catalogue.addPackages('yum', [packageRecord(1), packageRecord(2)]);
    catalogue.addExtras([
      { id: one, kind: 'filelists', data: Buffer.from('files') },
      { id: one, kind: 'other', data: Buffer.alloc(0) },
    ]);
    catalogue.addExtras([{ id: one, kind: 'filelists', data: Buffer.from('changed') }]);
    expect([...catalogue.extras([two, one, two], 'filelists')]).toEqual([
      { id: two, data: undefined },
      { id: one, data: Buffer.from('files') },
      { id: two, data: undefined },
    ]);
    expect([...catalogue.extras([one], 'other')]).toEqual([{ id: one, data: Buffer.alloc(0) }]);
    catalogue.addExtras([{ id: one, kind: 'filelists', data: Buffer.from('verified') }], { replace: true });
    expect([...catalogue.extras([one], 'filelists')]).toEqual([{ id: one, data: Buffer.from('verified') }]);
  });

  it('refuses extras of a package that is not there', async () => {
    const { catalogue } = await temporaryCatalogue();
    expect(() => catalogue.addExtras([{ id: 99, kind: 'other', data: Buffer.alloc(1) }])).toThrow(
      expect.objectContaining({ code: 'STORAGE' }),
    );
  });

  it('adds 20,000 packages of 1 KB in about a second', async () => {
    const { catalogue } = await temporaryCatalogue();
    const records = Array.from({ length: 20_000 }, (_, index) => packageRecord(index, { record: Buffer.alloc(1024, `record ${index} `) }));
    const started = performance.now();
    catalogue.addPackages('apt', records);
    // Under 1 s on an idle machine; this one may be busy.
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
