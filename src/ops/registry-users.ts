import { dirname, join } from 'node:path';
import { genSalt, hash } from 'bcryptjs';
import { USERS_FILE } from '../config/file-paths.ts';
import type { LoadedConfig } from '../config/load.ts';
import { MirrorError } from '../core/errors.ts';
import { unknownName } from '../core/names.ts';
import { acquireLock } from '../store/locks.ts';
import { withoutUser, withUser } from './htpasswd.ts';
import { readUsersFile, replaceUsersFile } from './users-file.ts';

const USER_NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]*$/;
const MAX_NAME = 255;
/** Of a password: characters at least; bytes at most, because bcrypt ignores what follows. */
const PASSWORD = { least: 8, most: 72 } as const;
/** As a power of two: a quarter of a second for each guess on today's machines. */
const COST = 12;
/** How long another command that changes the file is waited for, in milliseconds. */
const LOCK_WAIT = 5000;

/** What became of a user. */
export interface UserChange {
  readonly name: string;
  /** The users file. */
  readonly file: string;
  readonly change: 'added' | 'password changed' | 'removed';
  /** Whether the registry of this configuration asks for users. */
  readonly used: boolean;
}

/** Where the users of a configuration are, also where its registry does not ask for them (yet). */
function usersFilePath({ config, path }: LoadedConfig): string {
  return config.serve.registry.users ?? join(dirname(path), USERS_FILE);
}

/** Throws USAGE for a name that no user can have. */
export function checkUserName(name: string): void {
  if (USER_NAME.test(name) && name.length <= MAX_NAME) return;
  throw new MirrorError('USAGE', `"${name}" cannot be the name of a user`, {
    hint: 'A name begins with a letter or digit and has only letters, digits, ".", "_", "@" and "-".',
  });
}

/**
 * Adds a user of the registry, or changes the password of one. A running server sees it with the next request.
 * @throws USAGE for a name or a password that cannot be; USERS_INVALID, KEY_PERMISSIONS, LOCKED, STORAGE.
 */
export async function addRegistryUser(loaded: LoadedConfig, name: string, password: string): Promise<UserChange> {
  checkUserName(name);
  checkPassword(password);
  const hashed = await hash(password, await genSalt(COST));
  return await changeUsers(loaded, name, (text, known) => ({
    text: withUser(text, name, hashed),
    change: known.includes(name) ? 'password changed' : 'added',
  }));
}

/** Removes a user of the registry, whose tokens are refused from then on. Throws NAME_UNKNOWN, and what `addRegistryUser` throws. */
export async function removeRegistryUser(loaded: LoadedConfig, name: string): Promise<UserChange> {
  return await changeUsers(loaded, name, (text, known) => {
    if (!known.includes(name)) throw unknownName('user', name, known);
    return { text: withoutUser(text, name), change: 'removed' };
  });
}

/** The names of the registry's users, in the order of their file. Throws USERS_INVALID, KEY_PERMISSIONS, STORAGE. */
export async function listRegistryUsers(loaded: LoadedConfig): Promise<{ readonly file: string; readonly users: readonly string[] }> {
  const file = usersFilePath(loaded);
  return { file, users: [...((await readUsersFile(file))?.users.keys() ?? [])] };
}

type Edit = (text: string, known: readonly string[]) => { readonly text: string; readonly change: UserChange['change'] };

async function changeUsers(loaded: LoadedConfig, name: string, edit: Edit): Promise<UserChange> {
  const file = usersFilePath(loaded);
  using _ = await acquireLock(loaded.config.storage, 'registry-users', `changing ${name}`, { waitMs: LOCK_WAIT });
  const found = await readUsersFile(file);
  const { text, change } = edit(found?.text ?? '', [...(found?.users.keys() ?? [])]);
  await replaceUsersFile(file, text, found);
  return { name, file, change, used: loaded.config.serve.registry.push === 'users' };
}

function checkPassword(password: string): void {
  const refuse = (message: string): never => {
    throw new MirrorError('USAGE', message, { hint: `A password has from ${PASSWORD.least} characters to ${PASSWORD.most} bytes.` });
  };
  if ([...password].length < PASSWORD.least) refuse(`the password has fewer than ${PASSWORD.least} characters`);
  if (Buffer.byteLength(password) > PASSWORD.most) refuse(`the password has more than ${PASSWORD.most} bytes`);
  if (/\p{Cc}/u.test(password)) refuse('the password has a control character, such as a line break, in it');
}
