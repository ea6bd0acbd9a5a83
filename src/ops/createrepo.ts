import { statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMirrorError, MirrorError, reasonOf } from '../core/errors.ts';
import type { Reporter } from '../core/events.ts';
import { acquireLockAt } from '../store/locks.ts';
import { storageError, systemCode } from '../store/storage-errors.ts';
import { createRepository } from '../yum/createrepo/create-repository.ts';
import type { CreaterepoOptions, CreaterepoReport } from '../yum/createrepo/options.ts';

export type { CreaterepoOptions, CreaterepoReport } from '../yum/createrepo/options.ts';

/** How long another run on the same directory is waited for, in milliseconds. */
const PATIENCE = 10 * 60 * 1000;

/**
 * Makes the metadata of a directory of RPM packages, or brings it up to date; see `createRepository`. One run at a time works on a directory: another waits.
 * Throws FILE_MISSING when there is no such directory; LOCKED when another run takes longer than ten minutes; STORAGE, STORAGE_FULL; and what `createRepository` throws.
 */
export async function runCreaterepo(
  options: CreaterepoOptions,
  { report, signal }: { readonly report: Reporter; readonly signal: AbortSignal },
): Promise<CreaterepoReport> {
  const { directory, outputDirectory } = options;
  requireDirectory(directory);
  if (outputDirectory !== directory) {
    await mkdir(outputDirectory, { recursive: true }).catch((error: unknown) => {
      throw outputError(error, `make ${outputDirectory}`);
    });
  }
  const place = {
    path: join(outputDirectory, '.repodata.lock'),
    holderPath: join(outputDirectory, '.repodata.lock.holder'),
    name: outputDirectory,
  };
  const lock = await lockOf(place, { report, signal });
  try {
    return await createRepository(options, { report, signal });
  } catch (error) {
    // Of the file system or SQLite, not a bug.
    if (isMirrorError(error) || !/^(?:E[A-Z0-9]+|SQLITE_\w+)$/.test(systemCode(error) ?? '')) throw error;
    throw outputError(error, `make the metadata of ${directory}`);
  } finally {
    lock.release();
  }
}

/** As `storageError`, whose advice is about a storage directory: here there is none. */
function outputError(cause: unknown, action: string): MirrorError {
  const { code, message } = storageError(cause, action);
  const hint = `${code === 'STORAGE_FULL' ? 'Free some space and run again: t' : 'T'}he metadata that was there is as it was.`;
  return new MirrorError(code, message, { hint, cause });
}

async function lockOf(
  place: Parameters<typeof acquireLockAt>[0],
  { report, signal }: { readonly report: Reporter; readonly signal: AbortSignal },
): ReturnType<typeof acquireLockAt> {
  const purpose = `createrepo ${place.name}`;
  try {
    return await acquireLockAt(place, purpose, { signal });
  } catch (error) {
    if (!isMirrorError(error, 'LOCKED')) throw error;
    report({ type: 'info', subject: place.name, message: `${error.message}; waiting for it` });
    return await acquireLockAt(place, purpose, { signal, waitMs: PATIENCE });
  }
}

function requireDirectory(directory: string): void {
  let why: string;
  try {
    if (statSync(directory).isDirectory()) return;
    why = 'it is not a directory';
  } catch (error) {
    why = reasonOf(error);
  }
  throw new MirrorError('FILE_MISSING', `there are no packages in ${directory}: ${why}`);
}
