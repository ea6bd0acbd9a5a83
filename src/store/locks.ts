import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { MirrorError } from '../core/errors.ts';
import { NAME_PATTERN } from '../core/names.ts';
import { ensureDirectory } from './durability.ts';
import { storageError, systemCode } from './storage-errors.ts';

/** How often a lock that is waited for is tried, in milliseconds. */
const RETRY_EVERY = 100;

export interface LockOptions {
  /** How long to wait for another holder, in milliseconds; default: not at all. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A lock that is held until it is released, or until the process ends in whatever way. */
export interface Lock extends Disposable {
  release(): void;
}

/** Who holds a lock, as it says itself. */
interface Holder {
  readonly pid: number;
  readonly purpose: string;
  readonly since: string;
}

/** Where a lock is. */
export interface LockPlace {
  /** The file that is locked, in a directory that is there. */
  readonly path: string;
  /** The file that says who holds it. */
  readonly holderPath: string;
  /** What is locked, for messages: a name or a path. */
  readonly name: string;
}

/**
 * Takes the lock `<storage>/locks/<name>.lock`. The operating system holds it (an open SQLite transaction), so that neither a killed
 * process nor a file left behind blocks anyone. Throws LOCKED, which says who holds it; ABORTED when the signal ends the waiting; STORAGE.
 * @param purpose what the lock is held for, for that message: "sync docker".
 */
export async function acquireLock(storageDir: string, name: string, purpose: string, options: LockOptions = {}): Promise<Lock> {
  if (!NAME_PATTERN.test(name)) throw new MirrorError('NAME_INVALID', `"${name}" cannot name a lock: it is no file name`);
  const directory = join(storageDir, 'locks');
  await ensureDirectory(directory);
  return await acquireLockAt(
    { path: join(directory, `${name}.lock`), holderPath: join(directory, `${name}.holder`), name },
    purpose,
    options,
  );
}

/** As `acquireLock`, for a lock that is somewhere else. */
export async function acquireLockAt({ path, holderPath, name }: LockPlace, purpose: string, options: LockOptions = {}): Promise<Lock> {
  const deadline = performance.now() + (options.waitMs ?? 0);
  for (;;) {
    const database = tryLock(path);
    if (database !== undefined) {
      announce(holderPath, purpose);
      return held(database, holderPath);
    }
    const left = deadline - performance.now();
    if (left <= 0) throw locked(name, path, holderPath);
    await pause(Math.min(RETRY_EVERY, left), name, options.signal);
  }
}

/** The open transaction that is the lock, or undefined when another has it. */
function tryLock(path: string): Database.Database | undefined {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { timeout: 0 });
    // Nothing is ever written, so that nothing is left behind: the file stays empty.
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    if (systemCode(error)?.startsWith('SQLITE_BUSY')) return undefined;
    throw storageError(error, `lock ${path}`);
  }
}

/** A database that nothing refers to is closed when garbage is collected, and its lock is lost. */
const holding = new Set<Database.Database>();

function held(database: Database.Database, holderPath: string): Lock {
  holding.add(database);
  const release = (): void => {
    if (!holding.delete(database)) return;
    rmSync(holderPath, { force: true });
    // The file itself stays: were it removed, one process could lock it and another a new one of the same name.
    database.close();
  };
  return { release, [Symbol.dispose]: release };
}

function announce(holderPath: string, purpose: string): void {
  try {
    writeFileSync(holderPath, JSON.stringify({ pid: process.pid, purpose, since: new Date().toISOString() }));
  } catch {
    // Only what a message says to others depends on it.
  }
}

function locked(name: string, path: string, holderPath: string): MirrorError {
  const holder = readHolder(holderPath);
  if (holder === undefined) {
    return new MirrorError('LOCKED', `another process is working on ${name}`, {
      hint: `Wait for it to end, then run again; \`fuser ${path}\` names it.`,
    });
  }
  const { pid, purpose, since } = holder;
  return new MirrorError('LOCKED', `another process is working on ${name}: ${purpose} (process ${pid}, since ${since})`, {
    hint: `Wait for process ${pid} to end, or stop it, then run again.`,
    details: { pid, purpose, since },
  });
}

function readHolder(holderPath: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(readFileSync(holderPath, 'utf8'));
    return isHolder(holder) ? holder : undefined;
  } catch {
    // It is written after the lock is taken and removed before it is released: it may be missing or half written.
    return undefined;
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null || !('pid' in value && 'purpose' in value && 'since' in value)) return false;
  return Number.isInteger(value.pid) && typeof value.purpose === 'string' && typeof value.since === 'string';
}

async function pause(milliseconds: number, name: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (cause) {
    throw new MirrorError('ABORTED', `the work was interrupted while it waited for ${name}`, { cause });
  }
}
