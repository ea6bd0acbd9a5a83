import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openCatalogue } from '../../src/store/state.ts';
import { temporaryDirectory } from './storage-fixture.ts';

/** What the first version of the schema had otherwise. */
const TO_FIRST = `
  DROP TABLE oci_archives;
  DROP TABLE oci_unlinked;
  DROP TABLE oci_blobs;
  DROP TABLE oci_tags;
  DROP TABLE oci_manifests;
  DROP TABLE oci_documents;
  DROP TABLE oci_repositories;
  DROP TABLE packed_blocks;
  DROP TABLE snapshots;
  DROP TABLE repos;
  ALTER TABLE packages DROP COLUMN files;
  PRAGMA user_version = 1;
  INSERT INTO lists (id, family, digest, count, bytes, members) VALUES (1, 'apt', 'd', 0, 0, x'');
  INSERT INTO mirrors VALUES
    ('new', 'apt', '{"revision":"r","date":1,"indexes":[],"verification":{"metadata":true,"packages":false},"particulars":{}}', '[]', NULL, NULL),
    ('old', 'apt', '{"revision":"r","date":1,"indexes":[],"verification":{"metadata":true,"packages":false},"particulars":{}}', '[]', 1,
     '{"selection":"s","unsatisfied":[],"checked":{"metadata":true,"packages":false},"keys":[],"syncedAt":1}');
  INSERT INTO publications VALUES ('p', 1);
  INSERT INTO generations VALUES ('p', 1, 'd', 1, 'i', '[{"component":"main","list":1},{"component":"contrib","list":1}]',
    '{"family":"apt","path":"/","components":["main"],"architectures":[],"from":[],"verified":true,"packagesSigned":false,"packageKeys":[],"packages":0,"bytes":0}');
`;

describe('store/migrations', () => {
  it('brings what the first version of the schema had over', async () => {
    const storage = await temporaryDirectory();
    openCatalogue(storage).close();
    const database = new Database(join(storage, 'state.db'));
    database.exec(`BEGIN; ${TO_FIRST} COMMIT;`);
    database.close();
    const catalogue = openCatalogue(storage);
    expect(catalogue.mirror('new')).toMatchObject({ upstream: { supplements: [] }, contents: undefined });
    expect(catalogue.mirror('old')).toMatchObject({ upstream: { supplements: [] }, contents: { selection: 's', supplements: [] } });
    expect(catalogue.publication('p')?.generation.parts).toEqual([
      { component: 'main', list: 1, supplements: [] },
      { component: 'contrib', list: 1, supplements: [] },
    ]);
    expect(catalogue.snapshots()).toEqual([]);
    catalogue.close();
  });
});
