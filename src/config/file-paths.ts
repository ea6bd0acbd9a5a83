import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFetchedKey } from './checks.ts';
import { absoluteChartItems, absoluteImageItems } from './image-list-paths.ts';
import type { Config } from './schema.ts';

type ServedRegistryConfig = Config['serve']['registry'];

/** The users of the registry, beside the configuration file, where it does not say another. */
export const USERS_FILE = 'registry-users';

/** The configuration with every file and directory in it absolute: what is relative is relative to the configuration file. */
export function absolutePaths(config: Config, configPath: string): Config {
  const directory = dirname(configPath);
  const at = <T extends string | undefined>(path: T): T | string => (path === undefined ? path : resolve(directory, path));
  const mirrors = Object.entries(config.mirrors).map(([name, mirror]) => [
    name,
    {
      ...mirror,
      keys: mirror.keys.map((key) => absoluteKey(key, directory)),
      passwordFile: at(mirror.passwordFile),
      withDeps: typeof mirror.withDeps === 'boolean' ? mirror.withDeps : { ...mirror.withDeps, installed: at(mirror.withDeps.installed) },
      clientCert: at(mirror.clientCert),
      clientKey: at(mirror.clientKey),
    },
  ]);
  const repos = Object.entries(config.repos).map(([name, repo]) => [
    name,
    { ...repo, keys: repo.keys.map((key) => absoluteKey(key, directory)) },
  ]);
  const { signing, registry } = config;
  const { tls, registry: served } = config.serve;
  return {
    ...config,
    storage: resolve(directory, config.storage),
    signing: signing === undefined ? undefined : { key: resolve(directory, signing.key), passphraseFile: at(signing.passphraseFile) },
    http: { ...config.http, ca: config.http.ca === null ? null : resolve(directory, config.http.ca) },
    mirrors: Object.fromEntries(mirrors),
    repos: Object.fromEntries(repos),
    registry:
      registry === undefined
        ? undefined
        : {
            ...registry,
            images: absoluteImageItems(registry.images, directory),
            charts: absoluteChartItems(registry.charts, directory),
          },
    serve: {
      ...config.serve,
      tls: tls === undefined ? undefined : { cert: resolve(directory, tls.cert), key: resolve(directory, tls.key) },
      registry: { ...served, users: usersFile(served, directory) },
    },
  };
}

function absoluteKey(key: string, directory: string): string {
  if (isFetchedKey(key)) return key;
  return /^file:\/\/\//i.test(key) ? fileURLToPath(key) : resolve(directory, key);
}

/** Where users are asked for, there is always a file that they are in. */
function usersFile({ push, users }: ServedRegistryConfig, directory: string): string | undefined {
  if (users === undefined && push !== 'users') return undefined;
  return resolve(directory, users ?? USERS_FILE);
}
