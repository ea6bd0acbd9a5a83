import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { FamilyName } from '../config/schema.ts';
import { MirrorError } from '../core/errors.ts';
import type { Catalogue, PackageExtra, PackageRecord, StoredPackage } from './catalogue.ts';
import { filesColumn, readColumn } from './columns.ts';

type PackageRow = [
  id: number,
  name: string,
  version: string,
  architecture: string,
  sha256: string,
  size: number,
  location: string,
  record: Buffer,
  files: string | null,
];

/** The table of packages, and of their extras. */
export function createPackageTable(database: Database): Pick<Catalogue, 'addPackages' | 'addExtras' | 'extras'> & {
  /** The packages with these ids, in their order, read as they are asked for. */
  stream(ids: readonly number[]): IterableIterator<StoredPackage>;
} {
  const findId = database.prepare<[string, Buffer], number>('SELECT id FROM packages WHERE family = ? AND identity = ?').pluck();
  const insert = database.prepare<[string, Buffer, string, string, string, string, number, string, Buffer, string | null]>(
    `INSERT INTO packages (family, identity, name, version, architecture, sha256, size, location, record, files)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const byId = database
    .prepare<[number], PackageRow>(
      'SELECT id, name, version, architecture, sha256, size, location, record, files FROM packages WHERE id = ?',
    )
    .raw();
  const insertExtra = database.prepare<[number, string, Buffer]>(
    'INSERT INTO extras (package, kind, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const replaceExtra = database.prepare<[number, string, Buffer]>(
    'INSERT INTO extras (package, kind, data) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data',
  );
  const extra = database.prepare<[number, string], Buffer>('SELECT data FROM extras WHERE package = ? AND kind = ?').pluck();

  const idOf = (family: FamilyName, record: PackageRecord): number => {
    const identity = identityOf(family, record);
    const known = findId.get(family, identity);
    if (known !== undefined) return known;
    const { name, version, architecture, sha256, size, location } = record;
    const files = record.files === undefined ? null : JSON.stringify(record.files);
    const result = insert.run(family, identity, name, version, architecture, sha256, size, location, record.record, files);
    return Number(result.lastInsertRowid);
  };

  return {
    addPackages: database.transaction((family: FamilyName, records: readonly PackageRecord[]) =>
      records.map((record) => idOf(family, record)),
    ).immediate,
    addExtras: database.transaction((extras: readonly PackageExtra[], options?: { readonly replace: boolean }) => {
      const statement = options?.replace === true ? replaceExtra : insertExtra;
      for (const { id, kind, data } of extras) statement.run(id, kind, data);
    }).immediate,
    *extras(ids, kind) {
      for (const id of ids) yield { id, data: extra.get(id, kind) };
    },
    *stream(ids) {
      for (const wanted of ids) {
        const row = byId.get(wanted);
        if (row === undefined) throw packageUnknown(wanted);
        const [id, name, version, architecture, sha256, size, location, record, files] = row;
        const stored = { id, name, version, architecture, sha256, size, location, record };
        yield files === null ? stored : { ...stored, files: readColumn(filesColumn, files, `the files of package ${id}`) };
      }
    },
  };
}

/** The error for an id that no package has. */
export function packageUnknown(id: number): MirrorError {
  return new MirrorError('BLOB_CORRUPT', `package ${id} is not in the state database`, {
    hint: 'Restore state.db from a backup, or remove it and sync again.',
  });
}

/** SHA-256 over what makes a package the same on every site: its family, files, upstream text and location. */
function identityOf(family: FamilyName, record: PackageRecord): Buffer {
  const files = (record.files ?? []).map(({ name, sha256 }) => `${name} ${sha256}\n`).join('');
  return createHash('sha256').update(`${family}\n${record.sha256}\n${record.location}\n${files}`).update(record.record).digest();
}
