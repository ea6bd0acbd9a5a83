import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type AuthFileEntry, type RegistryCredentials, readAuthFile } from './auth-file.ts';
import { askCredentialHelper } from './credential-helper.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Credentials, and the file that they are from, or that names the helper that has them. */
export interface FoundCredentials {
  readonly credentials: RegistryCredentials;
  readonly from: string;
}

/** Looks for the credentials of a repository; undefined where no file has any. FETCH_DENIED where a helper is named that cannot be asked. */
export type FindCredentials = (repository: string) => Promise<FoundCredentials | undefined>;

const MAX_FILE = 1024 * 1024;

/** The files that podman, skopeo and docker keep credentials in, in the order in which they are looked at. */
function authFiles(environment: Environment): { readonly path: string; readonly legacy?: boolean }[] {
  const home = environment['HOME'] || homedir();
  const { REGISTRY_AUTH_FILE: named, XDG_RUNTIME_DIR: runtime, XDG_CONFIG_HOME: config, DOCKER_CONFIG: docker } = environment;
  return [
    ...(named ? [{ path: named }] : []),
    ...(runtime ? [{ path: join(runtime, 'containers/auth.json') }] : []),
    { path: join(config || join(home, '.config'), 'containers/auth.json') },
    { path: join(docker || join(home, '.docker'), 'config.json') },
    { path: join(home, '.dockercfg'), legacy: true },
  ];
}

/** Finds the credentials of one registry. Every file is read, and every helper asked, once for all of its repositories. */
export function createCredentialFinder(host: string, environment: Environment): FindCredentials {
  const texts = new Map<string, Promise<string | undefined>>();
  const helped = new Map<string, Promise<RegistryCredentials | undefined>>();
  const credentialsOf = (entry: AuthFileEntry, path: string): Promise<RegistryCredentials | undefined> => {
    if ('credentials' in entry) return Promise.resolve(entry.credentials);
    const { helper, server } = entry;
    return memoized(helped, `${helper} ${server}`, () => askCredentialHelper(helper, server, { namedBy: path, environment }));
  };
  return async (repository) => {
    for (const { path, legacy } of authFiles(environment)) {
      const text = await memoized(texts, path, () => textOf(path));
      const entry = text === undefined ? undefined : readAuthFile(text, { host, repository }, legacy);
      const credentials = entry === undefined ? undefined : await credentialsOf(entry, path);
      if (credentials !== undefined) return { credentials, from: path };
    }
    return undefined;
  };
}

function memoized<T>(known: Map<string, T>, key: string, make: () => T): T {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    return text.length > MAX_FILE ? undefined : text;
  } catch {
    // One that is not there, or is somebody else's, says nothing.
    return undefined;
  }
}
