import { readFile } from 'node:fs/promises';
import { MirrorError, reasonOf } from '../core/errors.ts';
import { checkIdentity, type Environment } from './agents.ts';
import type { Credentials } from './fetcher.ts';

/** The part of a mirror's configuration that says who to be; paths are already resolved. */
export interface CredentialSettings {
  readonly username?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
}

/** The environment variable that can hold the password of a mirror: MIRROR_PASSWORD_ and its name, in upper case with _ for anything else. */
export function passwordVariable(mirrorName: string): string {
  return `MIRROR_PASSWORD_${mirrorName.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
}

/**
 * Reads what a mirror's configuration names: the password (one line break at its end is not part of it) from `passwordFile` or the
 * environment, and the client certificate and key in PEM. Undefined when there are none. CONFIG_INVALID, with the path, when a file
 * cannot be read or something is missing or does not fit together.
 */
export async function loadCredentials(
  settings: CredentialSettings,
  environment: Environment,
  mirrorName: string,
): Promise<Credentials | undefined> {
  const variable = passwordVariable(mirrorName);
  const password =
    settings.passwordFile === undefined
      ? environment[variable]
      : (await readSecret(settings.passwordFile, `the password of ${mirrorName}`)).replace(/\r?\n$/, '');
  const { username } = settings;
  if (username === undefined && settings.passwordFile !== undefined)
    throw new MirrorError('CONFIG_INVALID', `mirror ${mirrorName} has a passwordFile and no username`, { hint: 'Set username, too.' });
  if (username !== undefined && password === undefined)
    throw new MirrorError('CONFIG_INVALID', `mirror ${mirrorName} has a username and no password`, {
      hint: `Set passwordFile, or the environment variable ${variable}.`,
    });
  const identity = await loadIdentity(settings, mirrorName);
  if (username === undefined && identity === undefined) return undefined;
  return {
    ...(username === undefined ? {} : { username, password }),
    ...(identity === undefined ? {} : { clientCert: identity.cert, clientKey: identity.key }),
  };
}

async function loadIdentity(settings: CredentialSettings, mirrorName: string): Promise<{ cert: string; key: string } | undefined> {
  const { clientCert, clientKey } = settings;
  if (clientCert === undefined && clientKey === undefined) return undefined;
  if (clientCert === undefined)
    throw new MirrorError('CONFIG_INVALID', `mirror ${mirrorName} has a clientKey and no clientCert`, { hint: 'Set both.' });
  const cert = await readSecret(clientCert, `the client certificate of ${mirrorName}`);
  // One file may hold both.
  const key = clientKey === undefined ? cert : await readSecret(clientKey, `the client key of ${mirrorName}`);
  try {
    checkIdentity({ cert, key });
  } catch (error) {
    const files = clientKey === undefined ? clientCert : `${clientCert} with the key ${clientKey}`;
    throw new MirrorError('CONFIG_INVALID', `cannot use the client certificate ${files}: ${reasonOf(error)}`, {
      hint: 'Both must be in PEM form, the key without a passphrase, and belong together.',
    });
  }
  return { cert, key };
}

async function readSecret(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new MirrorError('CONFIG_INVALID', `cannot read ${what} from ${path}: ${reasonOf(error)}`, { cause: error });
  }
}
