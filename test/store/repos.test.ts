import { describe, expect, it } from 'vitest';
import type { RepoState } from '../../src/store/catalogue.ts';
import { packageRecord, temporaryCatalogue } from './catalogue-fixture.ts';
import { sha256 } from './storage-fixture.ts';

describe('store/repos', () => {
  it('gives back a repo as it was put last', async () => {
    const { catalogue } = await temporaryCatalogue();
    expect(catalogue.repo('local')).toBeUndefined();
    const state: RepoState = {
      name: 'local',
      family: 'apt',
      contents: { list: catalogue.saveList('apt', []), supplements: [], checked: { metadata: true, packages: false }, keys: [] },
      changedAt: 1,
    };
    catalogue.putRepo(state);
    const list = catalogue.saveList('apt', catalogue.addPackages('apt', [packageRecord(1)]));
    const filled = { ...state, contents: { ...state.contents, list }, changedAt: 2 };
    catalogue.putRepo(filled);
    catalogue.putRepo({ ...state, name: 'other' });
    expect(catalogue.repo('local')).toEqual(filled);
    expect(catalogue.repos().map(({ name }) => name)).toEqual(['local', 'other']);
  });
});

describe('store/packages, of several files', () => {
  const files = [
    { name: 'a_1.orig.tar.xz', sha256: sha256('orig'), size: 1000 },
    { name: 'a_1-1.debian.tar.xz', sha256: sha256('debian'), size: 10 },
  ];

  it('keeps the further files, which count towards the size of a list', async () => {
    const { catalogue } = await temporaryCatalogue();
    const records = [packageRecord(1), packageRecord(2, { architecture: 'source', files })];
    const list = catalogue.saveList('apt', catalogue.addPackages('apt', records));
    expect(list).toMatchObject({ count: 2, bytes: 101 + 102 + 1010 });
    expect([...catalogue.packages(list.id)].map((entry) => entry.files)).toEqual([undefined, files]);
  });

  it('takes packages whose further files differ for different ones', async () => {
    const { catalogue } = await temporaryCatalogue();
    const [one, other] = catalogue.addPackages('apt', [packageRecord(1, { files }), packageRecord(1, { files: files.slice(1) })]);
    expect(one).not.toBe(other);
    expect(catalogue.addPackages('apt', [packageRecord(1, { files })])).toEqual([one]);
  });
});
