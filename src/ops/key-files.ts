import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MirrorError, reasonOf } from '../core/errors.ts';

/** Writes public keys to a file, and makes its directory. Throws KEY_EXISTS when there is a file with other content, which stays; STORAGE. */
export async function writeKeyFile(path: string, armored: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, armored, { flag: 'wx', mode: 0o644 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new MirrorError('STORAGE', `cannot write ${path}: ${reasonOf(error)}`, { cause: error });
    }
    if ((await readFile(path, 'utf8')) === armored) return;
    throw new MirrorError('KEY_EXISTS', `${path} exists already, with other content, and was left as it is`, {
      hint: 'Remove it first to replace it.',
    });
  }
}
