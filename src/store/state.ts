import { accessSync, constants, mkdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { isMirrorError, MirrorError, reasonOf } from '../core/errors.ts';
import type { Catalogue } from './catalogue.ts';
import { createDigestTable } from './digest-aliases.ts';
import { createKeyTable } from './keys.ts';
import { createListTable } from './lists.ts';
import { migrate, SCHEMA_VERSION, schemaVersion } from './migrations.ts';
import { createMirrorTable } from './mirrors.ts';
import { createPackageTable } from './packages.ts';
import { createPackedBlockTable } from './packed-blocks.ts';
import { createPublicationTables } from './publications.ts';
import { createRegistryTables } from './registry.ts';
import type { RegistryTables } from './registry-tables.ts';
import { createRepoTable } from './repos.ts';
import { createSnapshotTable } from './snapshots.ts';
import { diskFull, storageError, systemCode } from './storage-errors.ts';
import { namedInState } from './used-blobs.ts';

/** How long a call waits for another process that is writing, in milliseconds. */
const BUSY_TIMEOUT = 10_000;
/** What a write needs beside the database (its index of the write-ahead log grows by this), in bytes. */
const ROOM_FOR_WRITING = 64 * 1024;

export interface OpenOptions {
  /** Changes nothing, and fails when there is no state yet. A database of an older version is brought up to date all the same. */
  readonly readOnly?: boolean;
  /** How long a call waits for another process that is writing before it throws LOCKED, in milliseconds; by default 10 s. The thread waits with it. */
  readonly patience?: number;
}

/**
 * Opens `state.db` in the storage directory, and creates both (mode 0750) where they are missing.
 * Throws STORAGE (with the path) when that cannot be done or the file is no database, STATE_NEWER when a newer version wrote it,
 * LOCKED when another process keeps it busy for over 10 s. The calls of the catalogue throw STORAGE, STORAGE_FULL, LOCKED and BLOB_CORRUPT.
 */
export function openCatalogue(storageDir: string, options: OpenOptions = {}): Catalogue {
  const path = join(storageDir, 'state.db');
  if (options.readOnly !== true) {
    createDirectory(storageDir);
    const writable = openDatabase(path, false);
    if (options.patience !== undefined) writable.pragma(`busy_timeout = ${options.patience}`);
    return createCatalogue(writable, path);
  }
  if (!hasState(storageDir)) {
    throw new MirrorError('STORAGE', `there is no state database at ${path}`, { hint: 'Run `mirror sync` first, or check `storage`.' });
  }
  const database = openForReading(path);
  if (guard(path, () => schemaVersion(database, path)) === SCHEMA_VERSION) return createCatalogue(database, path);
  database.close();
  openDatabase(path, false).close();
  return createCatalogue(openDatabase(path, true), path);
}

/** SQLite reads a database that is being written to with the help of files beside it, which cannot be made where nothing can be written. */
function openForReading(path: string): Database.Database {
  const database = openDatabase(path, true);
  try {
    guard(path, () => schemaVersion(database, path));
    return database;
  } catch (error) {
    database.close();
    if (!isMirrorError(error, 'STORAGE') || !isSettled(path)) throw error;
    return guard(path, () => new Database(withoutLog(readFileSync(path)), { readonly: true }));
  }
}

/** Whether all that was ever committed is in the file itself, and nobody can change it. */
function isSettled(path: string): boolean {
  try {
    accessSync(dirname(path), constants.W_OK);
    return false;
  } catch {
    return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0;
  }
}

/** A database in memory has no write-ahead log: bytes 18 and 19 of the file say whether there is one (SQLite database file format, section 1.3). */
function withoutLog(file: Buffer): Buffer {
  return file.length < 100 ? file : file.fill(1, 18, 20);
}

/** Whether there is a state database in the storage directory. Throws STORAGE when that cannot be told. */
export function hasState(storageDir: string): boolean {
  const path = join(storageDir, 'state.db');
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw storageError(error, `read ${path}`);
  }
}

function createDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o750 });
  } catch (error) {
    throw storageError(error, `create the storage directory ${path}`);
  }
}

function openDatabase(path: string, readonly: boolean): Database.Database {
  return guard(path, () => {
    const database = new Database(path, { readonly, timeout: BUSY_TIMEOUT });
    try {
      database.pragma('foreign_keys = ON');
      if (!readonly) {
        // Before anything is changed: a database of a newer version stays as it is.
        schemaVersion(database, path);
        database.pragma('journal_mode = WAL');
        database.pragma('synchronous = FULL');
        migrate(database, path);
      }
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function createCatalogue(database: Database.Database, path: string): Catalogue {
  const packages = createPackageTable(database);
  const lists = createListTable(database);
  const mirrors = createMirrorTable(database, lists.get);
  const snapshots = createSnapshotTable(database, lists.get);
  const repos = createRepoTable(database, lists.get);
  const publications = createPublicationTables(database);
  const keys = createKeyTable(database);
  const digests = createDigestTable(database);
  const packedBlocks = createPackedBlockTable(database);
  const dataVersion = database.prepare<[], number>('PRAGMA data_version').pluck();
  let changes = 0;
  let seen = dataVersion.get();
  // Most runs have nothing to do with it.
  let registry: RegistryTables | undefined;

  const reading =
    <A extends unknown[], R>(call: (...values: A) => R) =>
    (...values: A): R =>
      guard(path, () => call(...values));
  const writing = <A extends unknown[], R>(call: (...values: A) => R) => {
    const guarded = reading(call);
    return (...values: A): R => {
      const result = guarded(...values);
      changes++;
      return result;
    };
  };
  const streaming = <A extends unknown[], T>(call: (...values: A) => IterableIterator<T>) =>
    function* (...values: A): Generator<T, void, undefined> {
      try {
        yield* call(...values);
      } catch (error) {
        throw stateError(error, path);
      }
    };

  return {
    addPackages: writing(packages.addPackages),
    addExtras: writing(packages.addExtras),
    saveList: writing(lists.save),
    list: reading(lists.get),
    packages: streaming((listId: number) => packages.stream(lists.sortedMembers(listId))),
    deferredPackages: reading((listId: number) => packages.deferred(lists.members(listId), (call) => guard(path, call))),
    extras: streaming(packages.extras),
    mirror: reading(mirrors.mirror),
    mirrors: reading(mirrors.mirrors),
    putMirror: writing(mirrors.putMirror),
    snapshot: reading(snapshots.snapshot),
    snapshots: reading(snapshots.snapshots),
    addSnapshot: writing(snapshots.addSnapshot),
    renameSnapshot: writing(snapshots.renameSnapshot),
    dropSnapshot: writing(snapshots.dropSnapshot),
    repo: reading(repos.repo),
    repos: reading(repos.repos),
    putRepo: writing(repos.putRepo),
    publication: reading(publications.publication),
    publicationAt: reading(publications.publicationAt),
    publications: reading(publications.publications),
    publish: writing(publications.publish),
    generations: reading(publications.generations),
    dropPublication: writing(publications.dropPublication),
    pinnedKey: reading(keys.pinnedKey),
    pinKey: writing(keys.pinKey),
    unpinKey: writing(keys.unpinKey),
    sha256For: reading(digests.sha256For),
    rememberDigests: writing(digests.rememberDigests),
    packedBlock: reading(packedBlocks.packedBlock),
    rememberPackedBlocks: writing(packedBlocks.rememberPackedBlocks),
    get registry() {
      registry ??= guard(path, () => guardedRegistry(createRegistryTables(database), { reading, writing }));
      return registry;
    },
    namedBlobs: reading((wanted: ReadonlySet<string>) => namedInState(database, wanted)),
    changes: reading(() => {
      // SQLite's number changes with the commits of other connections only; our own are counted by us.
      const now = dataVersion.get();
      if (now !== seen) changes++;
      seen = now;
      return changes;
    }),
    close: () => {
      database.close();
    },
  };
}

type Wrap = <A extends unknown[], R>(call: (...values: A) => R) => (...values: A) => R;

function guardedRegistry(tables: RegistryTables, { reading, writing }: { readonly reading: Wrap; readonly writing: Wrap }): RegistryTables {
  return {
    hasRepository: reading(tables.hasRepository),
    repositories: reading(tables.repositories),
    allRepositories: reading(tables.allRepositories),
    archiveOutline: reading(tables.archiveOutline),
    noteArchive: writing(tables.noteArchive),
    dropRepository: writing(tables.dropRepository),
    blob: reading(tables.blob),
    blobs: reading(tables.blobs),
    repositoriesWithBlob: reading(tables.repositoriesWithBlob),
    linkBlob: writing(tables.linkBlob),
    touchBlob: writing(tables.touchBlob),
    unlinkBlob: writing(tables.unlinkBlob),
    unlinkUntouched: writing(tables.unlinkUntouched),
    isLinked: reading(tables.isLinked),
    unlinkedFiles: reading(tables.unlinkedFiles),
    removeUnlinked: writing(tables.removeUnlinked),
    manifest: reading(tables.manifest),
    manifestBytes: reading(tables.manifestBytes),
    manifests: reading(tables.manifests),
    referrers: reading(tables.referrers),
    putManifest: writing(tables.putManifest),
    touchManifest: writing(tables.touchManifest),
    deleteManifest: writing(tables.deleteManifest),
    deleteUntouched: writing(tables.deleteUntouched),
    tag: reading(tables.tag),
    tags: reading(tables.tags),
    deleteTag: writing(tables.deleteTag),
    together: writing(tables.together),
  };
}

function guard<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw stateError(error, path);
  }
}

/** What an error of SQLite becomes; anything that is not of SQLite stays as it is. */
function stateError(error: unknown, path: string): unknown {
  const code = systemCode(error);
  if (isMirrorError(error) || code === undefined) return error;
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new MirrorError('LOCKED', `another process keeps ${path} busy`, { hint: 'Wait for it to end, then run again.', cause: error });
  }
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return new MirrorError('STORAGE', `${path} is damaged or is not a state database: ${reasonOf(error)}`, {
      hint: 'Restore it from a backup, or move it away and sync again: package files in the pool are not fetched again.',
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_PERM')) {
    return new MirrorError('STORAGE', `cannot open ${path}: ${reasonOf(error)}`, {
      hint: 'Check that it is a file, and that the storage directory is writable for the user that mirror runs as.',
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_IOERR') && isDiskFull(path)) return diskFull(`use ${path}`, error);
  return storageError(error, `use ${path}`);
}

/** SQLite calls it an I/O error when there is no room for the files beside the database. */
function isDiskFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < ROOM_FOR_WRITING;
  } catch {
    return false;
  }
}
