import { describe, expect, it } from 'vitest';
import type { NewManifest, RegistryTables } from '../../src/store/registry-tables.ts';
import { openCatalogue } from '../../src/store/state.ts';
import { temporaryCatalogue } from './catalogue-fixture.ts';
import { sha256 } from './storage-fixture.ts';

const always = (): boolean => true;

function link(tables: RegistryTables, repository: string, name: string, linkedAt = 1): string {
  const digest = `sha256:${sha256(name)}`;
  expect(tables.linkBlob({ repository, blob: { digest, sha256: sha256(name), size: name.length, linkedAt } }, always)).toBe(true);
  return digest;
}

function manifest(repository: string, name: string, change: Partial<NewManifest> = {}, storedAt = 1): NewManifest {
  const record = { digest: `sha256:${sha256(name)}`, mediaType: 'type', size: name.length, storedAt };
  return { repository, record, bytes: Buffer.from(name), tags: [], blobs: [], manifests: [], ...change };
}

describe('store/registry', () => {
  it('has the blobs of each repository apart', async () => {
    const { catalogue } = await temporaryCatalogue();
    const tables = catalogue.registry;
    const digest = link(tables, 'one', 'blob');
    expect(tables.blob('one', digest)).toEqual({ digest, sha256: sha256('blob'), size: 4, linkedAt: 1 });
    expect(tables.blob('two', digest)).toBeUndefined();
    link(tables, 'two', 'blob', 5);
    expect(tables.repositoriesWithBlob(digest)).toEqual(['one', 'two']);
    expect(tables.unlinkBlob('one', digest)).toBe(true);
    expect(tables.unlinkBlob('one', digest)).toBe(false);
    expect([tables.isLinked(sha256('blob')), tables.blob('one', digest)]).toEqual([true, undefined]);
    expect(tables.unlinkUntouched('two', digest, 5)).toBe(false);
    tables.touchBlob('two', digest, 3);
    expect(tables.unlinkUntouched('two', digest, 5)).toBe(true);
    expect(tables.isLinked(sha256('blob'))).toBe(false);
  });

  it('links nothing that is not in the pool', async () => {
    const { catalogue } = await temporaryCatalogue();
    const blob = { digest: `sha256:${sha256('x')}`, sha256: sha256('x'), size: 1, linkedAt: 1 };
    expect(catalogue.registry.linkBlob({ repository: 'one', blob }, () => false)).toBe(false);
    expect([catalogue.registry.blob('one', blob.digest), catalogue.registry.hasRepository('one')]).toEqual([undefined, false]);
  });

  it('stores a manifest with its tags, or says which blobs are missing', async () => {
    const { catalogue } = await temporaryCatalogue();
    const tables = catalogue.registry;
    const [config, layer] = [link(tables, 'app', 'config'), `sha256:${sha256('layer')}`];
    const wanted = manifest('app', 'image', { tags: ['v1', 'latest'], blobs: [config, layer] }, 9);
    expect(tables.putManifest(wanted)).toEqual([layer]);
    expect([tables.tag('app', 'v1'), tables.manifest('app', wanted.record.digest)]).toEqual([undefined, undefined]);
    link(tables, 'app', 'layer');
    expect(tables.putManifest(wanted)).toEqual([]);
    expect(tables.manifest('app', wanted.record.digest)).toEqual(wanted.record);
    expect(tables.manifestBytes('app', wanted.record.digest)).toEqual(Buffer.from('image'));
    expect(tables.tag('app', 'v1')).toEqual({ name: 'v1', digest: wanted.record.digest, taggedAt: 9 });
    // What it needs is in use from now on.
    expect(tables.blob('app', layer)?.linkedAt).toBe(9);
  });

  it('stores the bytes of a manifest once, and removes them with the last repository that has it', async () => {
    const { catalogue } = await temporaryCatalogue();
    const tables = catalogue.registry;
    const { record } = manifest('one', 'image');
    for (const repository of ['one', 'two']) tables.putManifest(manifest(repository, 'image', { tags: ['v1'] }));
    expect(tables.deleteManifest('one', record.digest)).toBe(true);
    expect([tables.tag('one', 'v1'), tables.manifest('one', record.digest)]).toEqual([undefined, undefined]);
    expect(tables.manifestBytes('two', record.digest)).toEqual(Buffer.from('image'));
    tables.putManifest(manifest('one', 'image'));
    expect(tables.manifestBytes('one', record.digest)).toEqual(Buffer.from('image'));
  });

  it('keeps the tags of a manifest that is stored again', async () => {
    const { catalogue } = await temporaryCatalogue();
    const tables = catalogue.registry;
    tables.putManifest(manifest('app', 'image', { tags: ['v1'] }));
    tables.putManifest(manifest('app', 'image', { tags: ['v2'] }, 2));
    expect(tables.tags('app', { limit: 9 }).map(({ name }) => name)).toEqual(['v1', 'v2']);
    expect(tables.deleteTag('app', 'v1')).toBe(true);
    expect(tables.deleteTag('app', 'v1')).toBe(false);
    expect(tables.tags('app', { limit: 9 }).map(({ name }) => name)).toEqual(['v2']);
  });

  it('removes an old manifest only where nothing has used it or tagged it since', async () => {
    const { catalogue } = await temporaryCatalogue();
    const tables = catalogue.registry;
    const child = manifest('app', 'child').record.digest;
    tables.putManifest(manifest('app', 'child', { tags: ['v1'] }));
    expect(tables.deleteUntouched('app', child, 5)).toBe(false);
    tables.deleteTag('app', 'v1');
    tables.putManifest(manifest('app', 'index', { manifests: [child] }, 7));
    expect(tables.deleteUntouched('app', child, 5)).toBe(false);
    expect(tables.deleteUntouched('app', child, 8)).toBe(true);
  });

  it('lists in pages, in the order of bytes', async () => {
    const { catalogue } = await temporaryCatalogue();
    const tables = catalogue.registry;
    for (const name of ['b', 'a/b', 'a-b', 'a']) tables.putManifest(manifest(name, name, { tags: ['B', 'a', '1'] }));
    link(tables, 'blobs-only', 'x');
    expect(tables.repositories({ limit: 9 })).toEqual(['a', 'a-b', 'a/b', 'b']);
    expect(tables.repositories({ last: 'a', limit: 2 })).toEqual(['a-b', 'a/b']);
    expect(tables.allRepositories({ last: 'a/b', limit: 9 })).toEqual(['b', 'blobs-only']);
    expect(tables.tags('a', { limit: 2 }).map(({ name }) => name)).toEqual(['1', 'B']);
    expect(tables.tags('a', { last: 'B', limit: 2 }).map(({ name }) => name)).toEqual(['a']);
    expect(tables.manifests('a', { limit: 9 }).length).toBe(1);
    expect(tables.blobs('blobs-only', { limit: 9 }).length).toBe(1);
  });

  it('lists what refers to a manifest', async () => {
    const { catalogue } = await temporaryCatalogue();
    const tables = catalogue.registry;
    const { record } = manifest('app', 'signature');
    const referring = { ...record, subject: 'sha256:s', artifactType: 'signature', annotations: { a: 'b' } };
    tables.putManifest({ ...manifest('app', 'signature'), record: referring });
    tables.putManifest(manifest('app', 'other'));
    expect(tables.referrers('app', 'sha256:s', { limit: 9 })).toEqual([referring]);
    expect(tables.referrers('other', 'sha256:s', { limit: 9 })).toEqual([]);
  });

  it('drops the row of a repository when it is empty', async () => {
    const { catalogue } = await temporaryCatalogue();
    const tables = catalogue.registry;
    const digest = link(tables, 'app', 'x');
    expect(tables.dropRepository('app')).toBe(false);
    tables.unlinkBlob('app', digest);
    expect(tables.hasRepository('app')).toBe(true);
    expect(tables.dropRepository('app')).toBe(true);
    expect(tables.hasRepository('app')).toBe(false);
  });

  it('does several writes in one transaction, of which one may fail', async () => {
    const { catalogue, storage } = await temporaryCatalogue();
    const tables = catalogue.registry;
    const failure = new Error('no');
    const outcomes = tables.together<unknown>([
      () => link(tables, 'app', 'first'),
      () => {
        link(tables, 'app', 'second');
        throw failure;
      },
      () => tables.putManifest(manifest('app', 'image')),
    ]);
    expect(outcomes).toEqual([{ value: `sha256:${sha256('first')}` }, { error: failure }, { value: [] }]);
    const other = openCatalogue(storage, { readOnly: true });
    expect(other.registry.blobs('app', { limit: 9 }).map(({ sha256: name }) => name)).toEqual([sha256('first')]);
    other.close();
  });
});
