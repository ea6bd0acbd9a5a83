import type { Database } from 'better-sqlite3';
import { createBlobTable } from './registry-blobs.ts';
import { createManifestTable } from './registry-manifests.ts';
import type { RegistryTables, WriteOutcome } from './registry-tables.ts';

/** The tables of the embedded registry. */
export function createRegistryTables(database: Database): RegistryTables {
  const find = database.prepare<[string], number>('SELECT id FROM oci_repositories WHERE name = ?').pluck();
  const add = database.prepare<[string], number>('INSERT INTO oci_repositories (name) VALUES (?) RETURNING id').pluck();
  const page = database
    .prepare<[string, number], string>(
      `SELECT name FROM oci_repositories WHERE name > ? AND EXISTS (SELECT 1 FROM oci_manifests WHERE repository = id)
       ORDER BY name LIMIT ?`,
    )
    .pluck();
  const pageOfAll = database
    .prepare<[string, number], string>('SELECT name FROM oci_repositories WHERE name > ? ORDER BY name LIMIT ?')
    .pluck();
  const drop = database.prepare<[string]>(
    `DELETE FROM oci_repositories WHERE name = ? AND NOT EXISTS (SELECT 1 FROM oci_manifests WHERE repository = id)
       AND NOT EXISTS (SELECT 1 FROM oci_blobs WHERE repository = id)`,
  );
  const outline = database.prepare<[string, string], string>('SELECT outline FROM oci_archives WHERE path = ? AND identity = ?').pluck();
  const note = database.prepare<[string, string, string]>('INSERT OR REPLACE INTO oci_archives (path, identity, outline) VALUES (?, ?, ?)');
  const makeRepository = (name: string): number => {
    const id = find.get(name) ?? add.get(name);
    if (id === undefined) throw new Error('a repository that was stored has no id');
    return id;
  };
  const blobs = createBlobTable(database, makeRepository);
  const manifests = createManifestTable(database, makeRepository, blobs);
  const alone = database.transaction(<T>(write: () => T): T => write());
  const together = database.transaction(<T>(writes: readonly (() => T)[]): WriteOutcome<T>[] =>
    writes.map((write) => {
      try {
        return { value: alone(write) as T };
      } catch (error) {
        // After some errors SQLite has undone everything: then nothing of this transaction holds.
        if (!database.inTransaction) throw error;
        return { error };
      }
    }),
  );
  return {
    ...blobs,
    ...manifests,
    hasRepository: (name) => find.get(name) !== undefined,
    repositories: ({ last = '', limit }) => page.all(last, limit),
    allRepositories: ({ last = '', limit }) => pageOfAll.all(last, limit),
    archiveOutline: (path, identity) => outline.get(path, identity),
    noteArchive: (path, identity, text) => void note.run(path, identity, text),
    dropRepository: (name) => drop.run(name).changes > 0,
    together: <T>(writes: readonly (() => T)[]) => together.immediate(writes) as WriteOutcome<T>[],
  };
}
