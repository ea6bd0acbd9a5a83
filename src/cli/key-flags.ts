import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { isFetchedKey } from '../config/checks.ts';
import { MirrorError } from '../core/errors.ts';
import type { Session } from './session.ts';

/** Keys as they are to be written into the configuration, whose files are relative to it. Throws KEY_MISSING for a file that is not there. */
export async function keyEntries(keys: readonly string[], session: Session): Promise<string[]> {
  const { path } = await session.config();
  return keys.map((key) => {
    if (isFetchedKey(key)) return key;
    const file = resolve(session.io.cwd, key);
    if (existsSync(file)) return keyPath(file, path);
    throw new MirrorError('KEY_MISSING', `the key file ${file} does not exist`, { hint: 'Give a file, a URL or a fingerprint.' });
  });
}

/** As short as it can be: files beside the configuration are named relative to it. */
function keyPath(absolute: string, configPath: string): string {
  const inside = relative(dirname(configPath), absolute);
  return inside.startsWith('..') ? absolute : inside;
}
