import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { MirrorError, reasonOf } from '../core/errors.ts';
import type { NamedMirror } from './names.ts';

/** The file that says what clients of the mirror have installed, if one is configured. */
export function installedFile({ config }: NamedMirror): string | undefined {
  return typeof config.withDeps === 'boolean' ? undefined : config.withDeps.installed;
}

/** The SHA-256 of that file. Throws CONFIG_INVALID when it cannot be read. */
export async function installedDigest(mirror: NamedMirror): Promise<string | undefined> {
  const bytes = await readInstalled(mirror);
  return bytes === undefined ? undefined : hash('sha256', bytes);
}

/** That file. Throws CONFIG_INVALID when it cannot be read. */
export async function readInstalled(mirror: NamedMirror): Promise<Buffer | undefined> {
  const file = installedFile(mirror);
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (error) {
    const message = `mirror "${mirror.name}": the file that withDeps.installed names cannot be read: ${reasonOf(error)}`;
    throw new MirrorError('CONFIG_INVALID', message, { cause: error });
  }
}
