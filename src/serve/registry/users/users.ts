import { stat } from 'node:fs/promises';
import { counted } from '../../../core/counts.ts';
import { isMirrorError } from '../../../core/errors.ts';
import { readUsersFile } from '../../../ops/users-file.ts';
import { systemCode } from '../../../store/storage-errors.ts';
import type { Log } from '../../log.ts';

/** The bcrypt hash of each user. Another object as soon as the file has changed. */
export type UserTable = ReadonlyMap<string, string>;

/** The users of the registry, as their file has them now. */
export interface Users {
  /** Looks at the file. Never fails: while it cannot be read, the users stay those that it had last. */
  table(): Promise<UserTable>;
}

/**
 * Reads the file of the registry's users; where there is none, there are no users until there is.
 * @throws USERS_INVALID, KEY_PERMISSIONS, STORAGE when it cannot be used from the beginning.
 */
export async function openUsers(path: string, log: Log): Promise<Users> {
  let seen = await fingerprint(path);
  let current = (await readUsersFile(path))?.users;
  if (current === undefined) log.warn('the registry has no users yet: add one with `mirror registry user add NAME`', { file: path });
  let reading = Promise.resolve();

  const readAgain = async (): Promise<void> => {
    const now = await fingerprint(path);
    if (now === seen) return;
    seen = now;
    try {
      current = (await readUsersFile(path))?.users;
      log.info('the users of the registry were read again', { file: path, users: counted(current?.size ?? 0, 'user') });
    } catch (error) {
      if (!isMirrorError(error)) throw error;
      log.error('the changed users file is not used; the last one stays', { reason: error.message });
    }
  };
  return {
    async table() {
      if ((await fingerprint(path)) !== seen) {
        reading = reading.then(readAgain);
        await reading;
      }
      return current ?? NOBODY;
    },
  };
}

const NOBODY: UserTable = new Map();

/** Another text when the file is another, has other content or other permissions. */
async function fingerprint(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    return systemCode(error) ?? 'unknown';
  }
}
