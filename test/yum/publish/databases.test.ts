import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredPackage } from '../../../src/store/catalogue.ts';
import { writeDatabases } from '../../../src/yum/publish/databases.ts';
import { writeDocuments } from '../../../src/yum/publish/documents.ts';
import { createPublishing, type Publishing } from './publishing.ts';

const element = (name: string): Buffer =>
  Buffer.from(`<package type="rpm"><name>${name}</name><arch>noarch</arch><version epoch="0" ver="1" rel="1"/>
<checksum type="sha256" pkgid="YES">${name.repeat(64)}</checksum><size package="3"/><location href="old/${name}.rpm"/><format/></package>`);

describe('yum/publish/databases', () => {
  let publishing: Publishing;
  beforeEach(async () => {
    publishing = await createPublishing();
  });
  afterEach(() => publishing.close());

  function stored(names: readonly string[]): StoredPackage[] {
    const { catalogue } = publishing.rig;
    const records = names.map((name) => ({
      name,
      version: '1-1',
      architecture: 'noarch',
      sha256: name.repeat(64),
      size: 3,
      location: `${name}.rpm`,
      record: element(name),
    }));
    const ids = catalogue.addPackages('yum', records);
    const empty = Buffer.from(`<package pkgid="${'b'.repeat(64)}" name="b" arch="noarch"/>`);
    const [, second] = ids;
    if (second !== undefined) catalogue.addExtras([{ id: second, kind: 'filelists', data: empty }]);
    return [...catalogue.packages(catalogue.saveList('yum', ids).id)];
  }

  async function rows(names: readonly string[], query: string, type = 'primary'): Promise<unknown[]> {
    const packages = stored(names);
    const context = publishing.context([], packages);
    const placed = { packages, paths: packages.map(({ name }) => `new/${name}.rpm`) };
    const documents = await writeDocuments(context, placed);
    const records = await writeDatabases(context, placed, documents);
    expect(records.map((record) => [record.type, record.databaseVersion])).toEqual(
      ['primary_db', 'filelists_db', 'other_db'].map((name) => [name, 10]),
    );
    expect(existsSync(context.scratch)).toBe(false);
    const path = records.find((record) => record.type === `${type}_db`)?.path ?? '';
    expect(path).toMatch(new RegExp(`^repodata/[0-9a-f]{64}-${type}\\.sqlite\\.gz$`));
    const database = new Database(gunzipSync(publishing.read(path)));
    expect(database.prepare('SELECT checksum FROM db_info').pluck().get()).toBe(
      documents.find((record) => record.type === type)?.checksum.value,
    );
    return database.prepare(query).raw().all();
  }

  it('have every package where it is published, also one without end tag or without files', async () => {
    expect(await rows(['a', 'b', 'c'], 'SELECT name, location_href FROM packages ORDER BY pkgKey')).toEqual([
      ['a', 'new/a.rpm'],
      ['b', 'new/b.rpm'],
      ['c', 'new/c.rpm'],
    ]);
    expect(await rows(['a', 'b', 'c'], 'SELECT pkgKey FROM packages', 'filelists')).toEqual([[1], [2], [3]]);
  });

  it('are there for no packages, too', async () => {
    expect(await rows([], 'SELECT * FROM packages')).toEqual([]);
  });

  it('begin anew where an earlier run left something, and leave nothing', async () => {
    const { scratch } = publishing.context([]);
    mkdirSync(scratch);
    writeFileSync(join(scratch, 'primary.sqlite'), 'half');
    expect((await rows(['a'], 'SELECT name FROM packages')).length).toBe(1);
    expect(readdirSync(join(scratch, '..'))).toEqual(['repodata']);
  });
});
