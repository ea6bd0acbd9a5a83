import { hash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { OperationContext } from '../../src/ops/context.ts';
import type { PackagePlan } from '../../src/ops/package-plan.ts';
import { PackageStorage } from '../../src/ops/package-storage.ts';
import type { Blob } from '../../src/store/blobs.ts';
import type { PackageExtra, PackageRecord } from '../../src/store/catalogue.ts';
import type { YumCandidate } from '../../src/yum/candidate.ts';
import { openWorkplace, type Workplace } from './operation-context.ts';

/** More than are stored at once. */
const MANY = 4500;

const digestOf = (index: number): string => hash('sha256', `package ${index}`, 'hex');
const blobOf = (index: number): Blob => ({ sha256: digestOf(index), size: index + 1 });

function candidate(index: number): YumCandidate {
  const [name, version, architecture] = [`p${index}`, '1-1', 'noarch'];
  const location = `${name}-${version}.${architecture}.rpm`;
  const checksums = [{ algorithm: 'sha256' as const, value: digestOf(index) }];
  const element = Buffer.from(`<package type="rpm"><name>${name}</name></package>`);
  return { mirror: 'm', name, version, architecture, location, size: index + 1, checksums, base: undefined, element, filelists: undefined };
}

describe('ops/package-storage', () => {
  let place: Workplace | undefined;
  afterEach(() => place?.close());

  /** A storage for many packages of an upstream whose filelists names those of `listed`, and everything that it writes. */
  async function storage(listed: readonly number[] = []) {
    place = await openWorkplace('mirrors: { m: { type: yum, url: "http://upstream.test/", verify: [] } }\n');
    const elements = listed.map((index) => `<package pkgid="${digestOf(index)}" name="p${index}" arch="noarch"/>\n`);
    const intake = await place.context.blobs.intake('test');
    const filelists = await intake.add(
      Buffer.from(`<filelists xmlns="http://linux.duke.edu/metadata/filelists">${elements.join('')}</filelists>`),
    );
    await intake.finish();
    const upstream = {
      revision: '1',
      date: 0,
      indexes: [{ path: 'filelists.xml', ...filelists }],
      supplements: [],
      verification: { metadata: false, packages: false },
      particulars: { records: { primary: { path: 'primary.xml' }, filelists: { path: 'filelists.xml' } } },
    };
    const config = place.context.config.mirrors['m'];
    if (config === undefined) throw new Error('no configuration');
    const selected = Array.from({ length: MANY }, (_, index) => candidate(index));
    const plan: PackagePlan = {
      mirror: { name: 'm', config },
      selection: { selected, unsatisfied: [] },
      states: new Map([['m', { name: 'm', family: 'yum', upstream, keys: [] }]]),
      opened: () => Promise.reject(new Error('nothing is opened here')),
      checkedBefore: new Set(),
      storedBefore: new Set(),
    };
    const written: { packages: PackageRecord[]; extras: PackageExtra[] } = { packages: [], extras: [] };
    const { catalogue } = place.context;
    const context: OperationContext = {
      ...place.context,
      catalogue: {
        ...catalogue,
        addPackages(family, records) {
          written.packages.push(...records);
          return catalogue.addPackages(family, records);
        },
        addExtras(extras, options) {
          written.extras.push(...extras);
          catalogue.addExtras(extras, options);
        },
      },
    };
    return { storage: new PackageStorage(plan, context), written, plan, context };
  }

  it('stores packages while others still come, in the order of the selection however they come', async () => {
    const { storage: stored, written } = await storage();
    for (let index = MANY - 1; index > 0; index--) stored.add(index, 0, blobOf(index));
    expect(written.packages).toEqual([]);
    stored.add(0, 0, blobOf(0));
    expect(written.packages.length).toBe(MANY);
    const ids = stored.finish();
    expect(written.packages.map(({ name }) => name)).toEqual(Array.from({ length: MANY }, (_, index) => `p${index}`));
    expect(ids).toEqual(Array.from({ length: MANY }, (_, index) => index + 1));
  });

  it('stores the rest at the end, and each once', async () => {
    const { storage: stored, written } = await storage();
    for (let index = 0; index < MANY; index++) stored.add(index, 0, blobOf(index));
    expect(written.packages.length).toBeLessThan(MANY);
    expect(written.packages.length).toBeGreaterThan(0);
    for (let index = 0; index < MANY; index++) stored.add(index, 0, blobOf(index));
    expect(stored.finish().length).toBe(MANY);
    expect(written.packages.length).toBe(MANY);
  });

  it('does not call it the end while packages are missing', async () => {
    const { storage: stored } = await storage();
    stored.add(0, 0, blobOf(0));
    expect(() => stored.finish()).toThrow('no file was brought');
  });

  it('stores extras of packages as these are stored', async () => {
    const { storage: stored, written, context } = await storage([3, 1, MANY - 1, 2]);
    const extras = stored.storeExtras(Array.from({ length: MANY }, (_, index) => index));
    for (let index = 0; index < MANY; index++) {
      if (index % 1000 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      stored.add(index, 0, blobOf(index));
    }
    const ids = stored.finish();
    await extras;
    expect(written.extras.map(({ id, kind }) => [id, kind])).toEqual([3, 1, MANY - 1, 2].map((index) => [ids[index], 'filelists']));
    const [first] = context.catalogue.extras([ids[3] ?? 0], 'filelists');
    expect(first?.data?.toString()).toContain('name="p3"');
  });

  it('ends its extras when the packages will not come', async () => {
    const { storage: stored, written } = await storage([0, 1]);
    const extras = stored.storeExtras([0, 1]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    stored.end();
    await extras;
    expect(written).toEqual({ packages: [], extras: [] });
  });

  it('says at the end what could not be stored', async () => {
    const { plan, context } = await storage();
    const failing: OperationContext = {
      ...context,
      catalogue: {
        ...context.catalogue,
        addPackages() {
          throw new Error('no room');
        },
      },
    };
    const stored = new PackageStorage(plan, failing);
    for (let index = 0; index < MANY; index++) stored.add(index, 0, blobOf(index));
    expect(() => stored.finish()).toThrow('no room');
    await stored.storeExtras([0]);
  });
});
