import { hash } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { FamilyName } from '../config/schema.ts';
import { MirrorError } from '../core/errors.ts';
import { compareBytes } from '../core/order.ts';
import type { Catalogue, PackageExtra, PackageRecord, StoredPackage } from './catalogue.ts';
import { filesColumn, readColumn } from './columns.ts';
import { deferRecords, type PackageEntry } from './deferred-packages.ts';
import { readJoined } from './joined-values.ts';

type EntryRow = [
  id: number,
  name: string,
  version: string,
  architecture: string,
  sha256: string,
  size: number,
  location: string,
  files: string | null,
];

/** How many packages are read at once: one statement for each would take three times as long. */
const PAGE = 256;
/** Extras are large: the list of files of one package may be some MB. More are read at once while they turn out to be small: in bytes. */
const EXTRAS_PAGE = 32;
const SMALL_PAGE = 1024 * 1024;
const ENTRY = 'packages.id, name, version, architecture, sha256, size, location, files';
/** Packages with the ids of a JSON array, in its order: the left side of CROSS JOIN is the outer loop. */
const WANTED = 'json_each(?) AS wanted CROSS JOIN packages ON packages.id = wanted.value';

/** The table of packages, and of their extras. */
export function createPackageTable(database: Database): Pick<Catalogue, 'addPackages' | 'addExtras' | 'extras'> & {
  /** The packages with these ids, in their order, read as they are asked for. */
  stream(ids: readonly number[]): IterableIterator<StoredPackage>;
  /**
   * The packages with these ids, sorted by name, then architecture, then id, each by its bytes. Their records are read when they are asked for.
   * @param guarded calls what reads them.
   */
  deferred(ids: readonly number[], guarded: <T>(call: () => T) => T): StoredPackage[];
} {
  const findId = database.prepare<[string, Buffer], number>('SELECT id FROM packages WHERE family = ? AND identity = ?').pluck();
  const insert = database.prepare<[string, Buffer, string, string, string, string, number, string, Buffer, string | null]>(
    `INSERT INTO packages (family, identity, name, version, architecture, sha256, size, location, record, files)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (family, identity) DO NOTHING`,
  );
  const entries = database.prepare<[string], EntryRow>(`SELECT ${ENTRY} FROM ${WANTED}`).raw();
  const wrong = (ids: readonly number[], found: readonly number[]): MirrorError =>
    packageUnknown(ids.find((id, index) => found[index] !== id) ?? 0);
  const readRecords = readJoined(database, { column: 'record', from: WANTED, id: 'packages.id', wrong });
  const insertExtra = database.prepare<[number, string, Buffer]>(
    'INSERT INTO extras (package, kind, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const replaceExtra = database.prepare<[number, string, Buffer]>(
    'INSERT INTO extras (package, kind, data) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data',
  );
  const readExtras = readJoined(database, {
    column: 'data',
    from: 'json_each(?) AS wanted LEFT JOIN extras ON extras.package = wanted.value AND extras.kind = ?',
    id: 'wanted.value',
    wrong,
  });

  const idOf = (family: FamilyName, record: PackageRecord): number => {
    const identity = identityOf(family, record);
    const { name, version, architecture, sha256, size, location } = record;
    const files = record.files === undefined ? null : JSON.stringify(record.files);
    const result = insert.run(family, identity, name, version, architecture, sha256, size, location, record.record, files);
    return result.changes === 1 ? Number(result.lastInsertRowid) : Number(findId.get(family, identity));
  };

  const entriesOf = (ids: readonly number[]): PackageEntry[] => complete(ids, entries.all(JSON.stringify(ids))).map(toEntry);
  const recordsOf = (ids: readonly number[]): Buffer[] => readRecords(ids).map((record) => record ?? Buffer.alloc(0));

  return {
    addPackages: database.transaction((family: FamilyName, records: readonly PackageRecord[]) =>
      records.map((record) => idOf(family, record)),
    ).immediate,
    addExtras: database.transaction((extras: readonly PackageExtra[], options?: { readonly replace: boolean }) => {
      const statement = options?.replace === true ? replaceExtra : insertExtra;
      for (const { id, kind, data } of extras) statement.run(id, kind, data);
    }).immediate,
    *extras(ids, kind) {
      let size = EXTRAS_PAGE;
      for (let start = 0, next = 0; start < ids.length; start = next) {
        next = start + size;
        const page = ids.slice(start, next);
        const found = readExtras(page, kind);
        const bytes = found.reduce((sum, data) => sum + (data?.length ?? 0), 0);
        for (const [index, id] of page.entries()) yield { id, data: found[index] };
        size = bytes > SMALL_PAGE ? EXTRAS_PAGE : Math.min(2 * size, PAGE);
      }
    },
    *stream(ids) {
      for (const page of pages(ids)) {
        const found = recordsOf(page);
        for (const [index, entry] of entriesOf(page).entries()) {
          // Of its own, so that who keeps one record does not keep those around it.
          yield { ...entry, record: Buffer.from(found[index] ?? []) };
        }
      }
    },
    deferred(ids, guarded) {
      const all: PackageEntry[] = [];
      for (const page of pages(ids)) all.push(...entriesOf(page));
      all.sort((a, b) => compareBytes(a.name, b.name) || compareBytes(a.architecture, b.architecture) || a.id - b.id);
      return deferRecords(all, (wanted) => guarded(() => recordsOf(wanted)));
    },
  };
}

function* pages(ids: readonly number[]): Generator<readonly number[]> {
  for (let start = 0; start < ids.length; start += PAGE) yield ids.slice(start, start + PAGE);
}

function toEntry([id, name, version, architecture, sha256, size, location, files]: EntryRow): PackageEntry {
  const entry = { id, name, version, architecture, sha256, size, location };
  return files === null ? entry : { ...entry, files: readColumn(filesColumn, files, `the files of package ${id}`) };
}

/** Checks that there is a row for each id, in their order. */
function complete<R extends readonly [id: number, ...unknown[]]>(ids: readonly number[], rows: R[]): R[] {
  for (const [index, id] of ids.entries()) if (rows[index]?.[0] !== id) throw packageUnknown(id);
  return rows;
}

/** The error for an id that no package has. */
function packageUnknown(id: number): MirrorError {
  return new MirrorError('BLOB_CORRUPT', `package ${id} is not in the state database`, {
    hint: 'Restore state.db from a backup, or remove it and sync again.',
  });
}

/** SHA-256 over what makes a package the same on every site: its family, files, upstream text and location. */
function identityOf(family: FamilyName, record: PackageRecord): Buffer {
  const files = (record.files ?? []).map(({ name, sha256 }) => `${name} ${sha256}\n`).join('');
  const head = Buffer.from(`${family}\n${record.sha256}\n${record.location}\n${files}`);
  return hash('sha256', Buffer.concat([head, record.record]), 'buffer');
}
