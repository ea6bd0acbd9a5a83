import { join } from 'node:path';
import Database from 'better-sqlite3';
import { changelogEntries } from '../format/package/changelogs.ts';
import { isPrimaryFile } from '../format/package/header-files.ts';
import type { RpmFile } from '../format/package/rpm-package.ts';
import { DOCUMENTS, type DocumentType, type PerDocument, perDocument } from '../format/repodata/package-documents.ts';
import type { DescribedPackage } from '../format/repodata/package-from-elements.ts';
import { DATABASE_VERSION, RELATION_TABLES, SCHEMAS } from './schema.ts';

/** Makes the databases of a repository, package by package. Files that were begun are the caller's to remove. */
export interface DatabaseWriter {
  readonly paths: PerDocument<string>;
  /** Packages in the order of the documents. Their changes are taken as they are to be listed, all of them. */
  add(entry: DescribedPackage): void;
  /**
   * Makes the indexes and ends the files.
   * @param checksums of the compressed documents that the databases stand for, by which clients tell whether they are of the same state.
   */
  finish(checksums: PerDocument<string>): void;
  /** Gives up what was not finished. */
  close(): void;
}

/**
 * Databases as createrepo_c makes them (`primary.sqlite`, `filelists.sqlite`, `other.sqlite`, not compressed) in a directory in which there are none.
 * Nothing is made durable. Throws the errors of SQLite, on a full disk, too.
 */
export function createDatabaseWriter(directory: string): DatabaseWriter {
  const paths = perDocument((index) => join(directory, `${DOCUMENTS[index]}.sqlite`));
  const databases = perDocument((index) => begun(paths[index], DOCUMENTS[index]));
  const adders = [primaryAdder(databases[0]), filelistsAdder(databases[1]), otherAdder(databases[2])];
  let key = 0;
  return {
    paths,
    add(entry) {
      key += 1;
      for (const add of adders) add(key, entry);
    },
    finish(checksums) {
      for (const index of [0, 1, 2] as const) {
        const database = databases[index];
        database.prepare('INSERT INTO db_info VALUES (?, ?)').run(DATABASE_VERSION, checksums[index]);
        database.exec(`${SCHEMAS[DOCUMENTS[index]].indexes} COMMIT;`);
        database.close();
      }
    },
    close() {
      for (const database of databases) database.close();
    },
  };
}

/** With an open transaction. */
function begun(path: string, name: DocumentType): Database.Database {
  const database = new Database(path);
  database.pragma('journal_mode = OFF');
  database.pragma('synchronous = OFF');
  database.pragma('locking_mode = EXCLUSIVE');
  database.pragma('cache_size = -8192');
  database.exec(SCHEMAS[name].tables);
  database.exec('BEGIN');
  return database;
}

type Adder = (key: number, entry: DescribedPackage) => void;

/** An empty text is no value there. */
function textOrNull(text: string): string | null {
  return text === '' ? null : text;
}

function primaryAdder(database: Database.Database): Adder {
  const addPackage = database.prepare(`INSERT INTO packages VALUES (${marks(26)})`);
  const addFile = database.prepare(`INSERT INTO files VALUES (${marks(3)})`);
  const tables = RELATION_TABLES.map((kind) => ({
    kind,
    insert: database.prepare(`INSERT INTO ${kind} VALUES (${marks(kind === 'requires' ? 7 : 6)})`),
  }));
  return (key, { package: entry, facts }) => {
    addPackage.run(
      key,
      facts.checksum.value,
      entry.name,
      entry.architecture,
      entry.version,
      entry.epoch,
      entry.release,
      textOrNull(entry.summary),
      textOrNull(entry.description),
      textOrNull(entry.url),
      facts.fileTime,
      entry.buildTime,
      textOrNull(entry.license),
      entry.vendor,
      textOrNull(entry.group),
      textOrNull(entry.buildHost),
      entry.sourceRpm,
      entry.headerStart,
      entry.headerEnd,
      textOrNull(entry.packager),
      facts.packageSize,
      entry.installedSize,
      entry.archiveSize,
      facts.location,
      facts.base ?? null,
      facts.checksumName ?? facts.checksum.algorithm,
    );
    for (const { kind, insert } of tables) {
      for (const { name, flags, epoch, version, release, pre } of entry.relations[kind]) {
        const values = [name, flags ?? null, epoch ?? null, version ?? null, release ?? null, key];
        if (kind === 'requires') insert.run(...values, pre ? 'TRUE' : 'FALSE');
        else insert.run(...values);
      }
    }
    for (const { path, kind } of entry.files) {
      if (isPrimaryFile(path)) addFile.run(path, kind, key);
    }
  };
}

function filelistsAdder(database: Database.Database): Adder {
  const addPackage = database.prepare('INSERT INTO packages VALUES (?, ?)');
  const addDirectory = database.prepare('INSERT INTO filelist VALUES (?, ?, ?, ?)');
  return (key, { package: { files }, facts }) => {
    addPackage.run(key, facts.checksum.value);
    for (const [directory, { names, types }] of byDirectory(files)) addDirectory.run(key, directory, names.join('/'), types);
  };
}

const TYPES = { file: 'f', dir: 'd', ghost: 'g' } as const satisfies Record<RpmFile['kind'], string>;

/** The names in each directory, and a letter for what each is. */
function byDirectory(files: readonly RpmFile[]): Map<string, { names: string[]; types: string }> {
  const directories = new Map<string, { names: string[]; types: string }>();
  for (const { path, kind } of files) {
    const slash = path.lastIndexOf('/');
    const directory = slash === -1 ? '.' : slash === 0 ? '/' : path.slice(0, slash);
    const known = directories.get(directory);
    if (known === undefined) directories.set(directory, { names: [path.slice(slash + 1)], types: TYPES[kind] });
    else {
      known.names.push(path.slice(slash + 1));
      known.types += TYPES[kind];
    }
  }
  return directories;
}

function otherAdder(database: Database.Database): Adder {
  const addPackage = database.prepare('INSERT INTO packages VALUES (?, ?)');
  const addChange = database.prepare('INSERT INTO changelog VALUES (?, ?, ?, ?)');
  return (key, { package: { changelogs }, facts }) => {
    addPackage.run(key, facts.checksum.value);
    for (const { author, date, text } of changelogEntries(changelogs, undefined)) addChange.run(key, author, date, text);
  };
}

function marks(count: number): string {
  return new Array(count).fill('?').join(', ');
}
