import { randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isMirrorError, MirrorError, reasonOf } from '../core/errors.ts';
import { makeDirectoriesDurable } from '../store/durability.ts';
import { storageError, systemCode } from '../store/storage-errors.ts';
import { parseHtpasswd } from './htpasswd.ts';

/** The users of the registry as their file has them. */
export interface UsersFile {
  readonly text: string;
  /** The bcrypt hash of each. */
  readonly users: ReadonlyMap<string, string>;
  /** Of the file, with permissions and owner as the system gives them. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** In bytes; some fifty thousand users. */
const MAX_SIZE = 4 * 1024 * 1024;
/** A group may read the file, so that the server can run as another user than the one who keeps it. */
const NOT_FOR_OTHERS = 0o027;
const ONLY_OWNER = 0o600;

/**
 * Reads the file of the registry's users; undefined where there is none.
 * @throws KEY_PERMISSIONS when everyone can read it or others than its owner can write it; USERS_INVALID; STORAGE when it cannot be read.
 */
export async function readUsersFile(path: string): Promise<UsersFile | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { mode, uid, gid, size } = await file.stat();
    if ((mode & NOT_FOR_OTHERS) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(4, '0');
      throw new MirrorError('KEY_PERMISSIONS', `the users file ${path} can be read or written by others: its mode is ${octal}`, {
        hint: `Run: chmod 600 ${path} (or 640 for a group that may read it)`,
      });
    }
    if (size > MAX_SIZE) throw new MirrorError('USERS_INVALID', `the users file ${path} has ${size} bytes, more than ${MAX_SIZE}`);
    const text = await file.readFile('utf8');
    return { text, users: parseHtpasswd(text, path), mode: mode & 0o777, uid, gid };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    if (isMirrorError(error)) throw error;
    throw new MirrorError('STORAGE', `the users file ${path} cannot be read: ${reasonOf(error)}`, {
      hint: 'Let the user that mirror runs as read it.',
      cause: error,
    });
  } finally {
    await file?.close();
  }
}

/**
 * Replaces the file in one step, durably, so that a server that reads it sees the old or the new one. Only its owner can read a new file; one that was
 * there keeps its owner and its permissions, and a link to it stays one. Throws STORAGE, STORAGE_FULL.
 */
export async function replaceUsersFile(path: string, text: string, replaced: UsersFile | undefined): Promise<void> {
  const target = replaced === undefined ? path : await realpath(path);
  const temporary = `${target}.${randomBytes(6).toString('hex')}.new`;
  try {
    const file = await open(temporary, 'wx', ONLY_OWNER);
    try {
      await file.writeFile(text);
      if (replaced !== undefined) await makeAlike(file, replaced);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw storageError(error, `write the users file ${path}`);
  }
  await makeDirectoriesDurable(dirname(target), [dirname(target)]);
}

async function makeAlike(file: FileHandle, { mode, uid, gid }: UsersFile): Promise<void> {
  const mine = await file.stat();
  if (mine.uid !== uid || mine.gid !== gid) await file.chown(uid, gid);
  await file.chmod(mode);
}
