import { closeSync, fsync, openSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { MirrorError } from '../core/errors.ts';
import { storageError, systemCode } from './storage-errors.ts';

/** From how many files on one synchronisation of the whole file system is cheaper than one for each. */
const WHOLE_FILE_SYSTEM_FROM = 64;

const synchronizeFile = promisify(fsync);

/** Whether `sync -f` is there and understood; found out at its first use. */
let wholeFileSystemWorks = true;

/**
 * Makes the content of files durable. A file whose synchronisation fails is removed, never tried again: the kernel may have dropped
 * its pages and would report success the second time. Throws STORAGE or STORAGE_FULL then.
 * @param directory any directory of the file system that the files are on.
 */
export async function makeFilesDurable(directory: string, paths: readonly string[]): Promise<void> {
  if (paths.length >= WHOLE_FILE_SYSTEM_FROM) {
    try {
      if (await synchronizeFileSystem(directory)) return;
    } catch (error) {
      for (const path of paths) await rm(path, { force: true });
      throw error;
    }
  }
  await synchronizeAll(paths, true);
}

/** Makes the names in directories durable. Throws STORAGE. */
export async function makeDirectoriesDurable(directory: string, paths: readonly string[]): Promise<void> {
  if (paths.length >= WHOLE_FILE_SYSTEM_FROM && (await synchronizeFileSystem(directory))) return;
  await synchronizeAll(paths, false);
}

/** Side by side: the disk does what comes together in one go. */
async function synchronizeAll(paths: readonly string[], dropOnFailure: boolean): Promise<void> {
  const outcomes = await Promise.allSettled(paths.map((path) => synchronize(path, dropOnFailure)));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Creates a directory with what is above it where it is missing (mode 0750), durably. Throws STORAGE. */
export async function ensureDirectory(path: string): Promise<void> {
  let first: string | undefined;
  try {
    first = await mkdir(path, { recursive: true, mode: 0o750 });
  } catch (error) {
    throw storageError(await plainReason(path, error), `create the directory ${path}`);
  }
  if (first === undefined) return;
  for (let created = path; created.length >= first.length; created = dirname(created)) await synchronize(dirname(created), false);
}

/** Why a directory cannot be created: a recursive mkdir says ENOENT also where the file system is read-only. */
async function plainReason(path: string, error: unknown): Promise<unknown> {
  if (systemCode(error) !== 'ENOENT') return error;
  for (let missing = path; ; missing = dirname(missing)) {
    try {
      await mkdir(missing, { mode: 0o750 });
      return error;
    } catch (reason) {
      if (systemCode(reason) !== 'ENOENT' || missing === dirname(missing)) return reason;
    }
  }
}

/** Creates the directories of these names in one that exists, where they are missing, and makes them durable. Throws STORAGE. */
export async function ensureSubdirectories(path: string, names: readonly string[]): Promise<void> {
  try {
    const there = new Set(await readdir(path));
    for (const name of names) {
      if (!there.has(name)) await mkdir(join(path, name), { recursive: true, mode: 0o750 });
    }
  } catch (error) {
    throw storageError(error, `create directories in ${path}`);
  }
  // Always: another process may have created them and not yet have come to this.
  await synchronize(path, false);
}

async function synchronize(path: string, dropOnFailure: boolean): Promise<void> {
  try {
    // Opening and closing take no time; over the thread pool they would take longer than many a disk.
    const descriptor = openSync(path, 'r');
    try {
      await synchronizeFile(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (dropOnFailure) await rm(path, { force: true });
    throw storageError(error, `make ${path} durable`);
  }
}

/** Synchronises the file system that a directory is on. False when this machine's `sync` cannot do that; throws STORAGE when it fails. */
async function synchronizeFileSystem(directory: string): Promise<boolean> {
  if (!wholeFileSystemWorks) return false;
  const outcome = await runSync(directory);
  if (outcome === 'done') return true;
  if (outcome === 'unavailable') {
    wholeFileSystemWorks = false;
    return false;
  }
  throw new MirrorError('STORAGE', `cannot make the files in ${directory} durable: ${outcome.reason}`, {
    hint: 'The disk reports errors: look at the kernel log, and run again when it is sound.',
  });
}

async function runSync(directory: string): Promise<'done' | 'unavailable' | { readonly reason: string }> {
  // A run that finds nothing changed does not wait for it to be loaded.
  const { spawn } = await import('node:child_process');
  return await new Promise((resolve) => {
    const child = spawn('sync', ['-f', directory], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, LC_ALL: 'C' } });
    let message = '';
    child.stderr.on('data', (chunk: Buffer) => {
      message = (message + chunk.toString('utf8')).slice(0, 1000);
    });
    child.on('error', (error) => {
      resolve(['ENOENT', 'EACCES'].includes(systemCode(error) ?? '') ? 'unavailable' : { reason: error.message });
    });
    child.on('close', (status, signal) => {
      if (status === 0) resolve('done');
      else if (/(unrecognized|invalid|unknown) option|usage:/i.test(message)) resolve('unavailable');
      else resolve({ reason: message.trim() || `sync ended with ${signal ?? `status ${status}`}` });
    });
  });
}
