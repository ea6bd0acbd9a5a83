import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { isMirrorError, MirrorError, reasonOf } from '../core/errors.ts';
import { redactUrl } from '../core/redact.ts';
import { readKeyring } from '../openpgp/keyring.ts';
import type { TrustedKey } from '../openpgp/types.ts';
import { LENIENT, STRICT, type WeakPolicy } from '../openpgp/weak-algorithms.ts';
import type { Catalogue } from '../store/catalogue.ts';
import { isFromNetwork, pinName, trustedEntries, weakPolicy } from './key-entries.ts';
import { writeKeyFile } from './key-files.ts';
import { loadSigner } from './signing.ts';

/** One key, for people and --json. */
export interface KeySummary {
  /** `signing`: ours; `trusted`: an upstream's. */
  readonly use: 'signing' | 'trusted';
  /** A file, URL or fingerprint, as the configuration has it; `ppa:owner/name` for the key that Launchpad states. */
  readonly source: string;
  /** The mirrors that trust it. */
  readonly mirrors: readonly string[];
  readonly fingerprint: string | null;
  readonly userId: string | null;
  readonly algorithm: string | null;
  /** ISO 8601; null for a key that does not expire. */
  readonly expires: string | null;
  /** Why it cannot be used (yet); null when it can. */
  readonly problem: string | null;
}

/** Every key that the configuration names. A key that cannot be read is in the list with its problem. */
export async function listKeys(
  config: Config,
  catalogue: Catalogue | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<KeySummary[]> {
  const summaries: KeySummary[] = [];
  if (config.signing !== undefined) {
    const entry = { use: 'signing', source: config.signing.key, mirrors: [] } as const;
    summaries.push(...(await summarize(entry, STRICT, async () => Buffer.from((await signingKey(config, environment)).publicKey))));
  }
  for (const [source, mirrors] of trustedSources(config)) {
    const entry = { use: 'trusted', source: redactUrl(source), mirrors } as const;
    summaries.push(...(await summarize(entry, acceptedBy(mirrors, config), async () => await trustedBytes(source, catalogue))));
  }
  return summaries;
}

/** The public half of the configured signing key, armored. Throws KEY_MISSING when none is configured. */
export async function signingKey(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly fingerprint: string; readonly publicKey: string }> {
  const signer = await loadSigner(config, environment);
  if (signer !== undefined) return { fingerprint: signer.fingerprint, publicKey: signer.publicKey };
  throw new MirrorError('KEY_MISSING', 'the configuration names no signing key', {
    hint: 'Make one with `mirror key generate`, and name it under `signing: { key: FILE }`.',
  });
}

/** Copies public keys from a file to `keys/NAME.asc` beside the configuration. Throws KEY_INVALID, KEY_MISSING, KEY_EXISTS. */
export async function importKeyFile(
  file: string,
  loaded: LoadedConfig,
): Promise<{ readonly path: string; readonly keys: readonly TrustedKey[] }> {
  const { keys } = await readKeyring([{ bytes: await readBytes(file), source: file }], LENIENT);
  const [first] = keys;
  if (first === undefined) throw new MirrorError('KEY_INVALID', `${file} holds no public key`);
  const path = join(dirname(loaded.path), 'keys', `${first.fingerprint}.asc`);
  await writeKeyFile(path, keys.map((key) => key.armored).join(''));
  return { path, keys };
}

/** Each entry of the mirrors' `keys`, with the mirrors that have it. */
function trustedSources(config: Config): Map<string, string[]> {
  const sources = new Map<string, string[]>();
  for (const [name, mirror] of Object.entries(config.mirrors)) {
    if (mirror.verify?.length === 0 && mirror.keys.length === 0) continue;
    for (const key of trustedEntries(mirror)) sources.set(key, [...(sources.get(key) ?? []), name]);
  }
  return sources;
}

/** What any of some mirrors accepts although it is weak. */
function acceptedBy(mirrors: readonly string[], config: Config): WeakPolicy {
  const policies = mirrors.flatMap((name) => {
    const mirror = config.mirrors[name];
    return mirror === undefined ? [] : [weakPolicy(name, mirror)];
  });
  return { allowed: policies.flatMap(({ allowed }) => allowed) };
}

async function trustedBytes(source: string, catalogue: Catalogue | undefined): Promise<Buffer> {
  if (!isFromNetwork(source)) return await readBytes(source);
  const pinned = catalogue?.pinnedKey(pinName(source));
  if (pinned === undefined) throw new MirrorError('KEY_MISSING', 'not fetched yet: the next sync fetches and pins it');
  return Buffer.from(pinned.armored);
}

async function summarize(
  entry: Pick<KeySummary, 'use' | 'source' | 'mirrors'>,
  policy: WeakPolicy,
  read: () => Promise<Buffer>,
): Promise<KeySummary[]> {
  try {
    const { keys } = await readKeyring([{ bytes: await read(), source: entry.source }], policy);
    return keys.map(({ fingerprint, userId, algorithm, expires }) => ({
      ...entry,
      fingerprint,
      userId,
      algorithm,
      expires: expires === undefined ? null : new Date(expires).toISOString(),
      problem: null,
    }));
  } catch (error) {
    if (!isMirrorError(error)) throw error;
    return [{ ...entry, fingerprint: null, userId: null, algorithm: null, expires: null, problem: error.message }];
  }
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new MirrorError('KEY_MISSING', `the key file ${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
