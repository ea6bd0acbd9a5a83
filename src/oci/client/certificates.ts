import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MirrorError, reasonOf } from '../../core/errors.ts';
import type { ClientIdentity } from '../../fetch/place.ts';
import { systemCode } from '../../store/storage-errors.ts';
import type { Environment } from './credentials.ts';

/** Where podman and docker keep certificates, one directory for each registry; those of the user go first. */
export function certificateFolders({ HOME }: Environment): string[] {
  const own = HOME ? [join(HOME, '.config/containers/certs.d')] : [];
  return [...own, '/etc/containers/certs.d', '/etc/docker/certs.d'];
}

export interface RegistryCertificates {
  /** PEM of the authorities that this registry may be signed by. */
  readonly authorities?: string | undefined;
  /** What this side shows. */
  readonly identity?: ClientIdentity | undefined;
}

/** What this machine's other clients trust a registry by: `*.crt` are authorities, `*.cert` with `*.key` show who this side is. CONFIG_INVALID where one cannot be read. */
export async function readCertificates(host: string, directories: readonly string[]): Promise<RegistryCertificates> {
  for (const directory of directories) {
    const folder = join(directory, host);
    const names = await namesIn(folder);
    if (names === undefined) continue;
    const read = (name: string): Promise<string> => readPem(join(folder, name));
    const authorities = await Promise.all(names.filter((name) => name.endsWith('.crt')).map(read));
    const cert = names.find((name) => name.endsWith('.cert'));
    const key = cert?.replace(/cert$/, 'key');
    return {
      ...(authorities.length === 0 ? {} : { authorities: authorities.join('\n') }),
      ...(cert === undefined || key === undefined ? {} : { identity: { cert: await read(cert), key: await read(key) } }),
    };
  }
  return {};
}

async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw unreadable(folder, error);
  }
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): MirrorError {
  return new MirrorError('CONFIG_INVALID', `the certificates in ${path} cannot be read: ${reasonOf(error)}`, { cause: error });
}
