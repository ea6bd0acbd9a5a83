import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { MirrorError, reasonOf } from '../core/errors.ts';

/** Writes a file that must not be there yet, durably. Throws CONFIG_EXISTS when something is, STORAGE. */
export async function createConfigFile(path: string, text: string): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx', 0o644);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw notWritten(path, error);
    throw new MirrorError('CONFIG_EXISTS', `${path} exists already and was left as it is`, {
      hint: 'Choose another directory.',
      cause: error,
    });
  }
  await fill(file, path, text);
}

/** Replaces a file in one step: at every instant it is the old or the new one, whole. Its permissions stay. Throws STORAGE. */
export async function replaceConfigFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    const { mode } = await stat(path);
    await fill(await open(temporary, 'wx', mode & 0o777), temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error instanceof MirrorError ? error : notWritten(path, error);
  }
}

async function fill(file: FileHandle, path: string, text: string): Promise<void> {
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    throw notWritten(path, error);
  } finally {
    await file.close();
  }
}

function notWritten(path: string, error: unknown): MirrorError {
  return new MirrorError('STORAGE', `cannot write ${path}: ${reasonOf(error)}`, { cause: error });
}
