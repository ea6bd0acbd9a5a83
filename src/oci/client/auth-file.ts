import { z } from 'zod';
import { parsedJson } from '../../core/json.ts';
import { DOCKER_HUB } from '../format/reference.ts';

/** Who to be at a registry. */
export type RegistryCredentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** A refresh token, which only the registry's token server takes. */
  | { readonly kind: 'identity'; readonly token: string };

/** What a file of credentials says about one registry: the credentials, or the program that has them. */
export type AuthFileEntry = { readonly credentials: RegistryCredentials } | { readonly helper: string; readonly server: string };

const entrySchema = z.looseObject({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});
const fileSchema = z.looseObject({
  auths: z.record(z.string(), entrySchema).optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
});

type AuthFile = z.output<typeof fileSchema>;

/** Docker's own name for Docker Hub. */
const HUB_KEY = 'https://index.docker.io/v1/';
const HUB_HOSTS: readonly string[] = [DOCKER_HUB.host, 'index.docker.io', DOCKER_HUB.registry];

/**
 * Reads containers-auth.json(5) or Docker's config.json, and says who to be for a repository: the most specific entry goes before the host's, and the host's helper before the
 * one for all. Undefined where the file says nothing of it, or is malformed.
 * @param legacy whether it is a .dockercfg, which has only what `auths` is in the others.
 */
export function readAuthFile(
  text: string,
  registry: { readonly host: string; readonly repository: string },
  legacy = false,
): AuthFileEntry | undefined {
  const file = parseFile(text, legacy);
  if (file === undefined) return undefined;
  const keys = keysFor(registry);
  for (const key of keys) {
    const helper = ownValue(file.credHelpers, key);
    if (helper !== undefined) return { helper, server: key };
    const entry = ownValue(file.auths, key);
    const credentials = entry === undefined ? undefined : credentialsOf(entry);
    if (credentials !== undefined) return { credentials };
  }
  return file.credsStore === undefined ? undefined : { helper: file.credsStore, server: storeKey(registry.host) };
}

function parseFile(text: string, legacy: boolean): AuthFile | undefined {
  const value = parsedJson(text);
  return fileSchema.safeParse(legacy ? { auths: value } : value).data;
}

/** `host/a/b`, `host/a`, `host`, and how else Docker writes a host. */
function keysFor({ host, repository }: { readonly host: string; readonly repository: string }): string[] {
  const parts = repository === '' ? [] : repository.split('/');
  const paths = parts.map((_, index) => `${host}/${parts.slice(0, parts.length - index).join('/')}`);
  const hub = HUB_HOSTS.includes(host) ? [...HUB_HOSTS, HUB_KEY] : [];
  return [...paths, host, ...hub, `https://${host}`, `https://${host}/`, `https://${host}/v1/`, `https://${host}/v2/`, `http://${host}`];
}

function storeKey(host: string): string {
  return HUB_HOSTS.includes(host) ? HUB_KEY : host;
}

function ownValue<T>(values: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return values !== undefined && Object.hasOwn(values, key) ? values[key] : undefined;
}

function credentialsOf({ auth, username, password, identitytoken }: z.output<typeof entrySchema>): RegistryCredentials | undefined {
  if (identitytoken !== undefined && identitytoken !== '') return { kind: 'identity', token: identitytoken };
  if (auth !== undefined && auth !== '') {
    const plain = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
    const colon = plain.indexOf(':');
    return colon < 0 ? undefined : passwordOrToken(plain.slice(0, colon), plain.slice(colon + 1));
  }
  return username === undefined || password === undefined ? undefined : passwordOrToken(username, password);
}

/** Credentials as helpers and files have them: a user named `<token>` stands for an identity token. */
export function passwordOrToken(username: string, password: string): RegistryCredentials {
  return username === '<token>' ? { kind: 'identity', token: password } : { kind: 'password', username, password };
}
