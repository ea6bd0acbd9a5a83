import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../../../core/errors.ts';
import { systemCode } from '../../../store/storage-errors.ts';
import type { Log } from '../../log.ts';

const SIZE = 32;

/**
 * The secret that tokens are signed with, 32 bytes in a file of the storage that only its owner can read, made at the first use: `docker login` keeps a refresh token in
 * place of the password, which is still good when the server has been started anew. Where the file cannot be made or read, the secret ends with the process.
 */
export async function loadTokenKey(storage: string, log: Log): Promise<Buffer> {
  const path = join(storage, 'registry-token-key');
  try {
    return (await readKey(path)) ?? (await createKey(path));
  } catch (error) {
    log.warn('the key of the registry tokens cannot be kept: clients have to log in again after the next start', {
      reason: reasonOf(error),
    });
    return randomBytes(SIZE);
  }
}

async function readKey(path: string): Promise<Buffer | undefined> {
  try {
    const key = await readFile(path);
    if (key.length !== SIZE) throw new Error(`${path} has ${key.length} bytes and not ${SIZE}`);
    return key;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Of several servers that begin at once, all get the key of the first: a link is made only where there is none. */
async function createKey(path: string): Promise<Buffer> {
  const key = randomBytes(SIZE);
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(key);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(temporary, path);
    return key;
  } catch (error) {
    const other = systemCode(error) === 'EEXIST' ? await readKey(path) : undefined;
    if (other === undefined) throw error;
    return other;
  } finally {
    await rm(temporary, { force: true });
  }
}
