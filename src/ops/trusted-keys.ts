import { readFile, stat } from 'node:fs/promises';
import { isFingerprint } from '../config/checks.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { isMirrorError, MirrorError, reasonOf } from '../core/errors.ts';
import type { Reporter } from '../core/events.ts';
import { LIMITS } from '../core/limits.ts';
import { redactUrl } from '../core/redact.ts';
import type { Fetcher } from '../fetch/fetcher.ts';
import { type KeyFile, readKeyring } from '../openpgp/keyring.ts';
import type { Keyring, TrustedKey } from '../openpgp/types.ts';
import { LENIENT } from '../openpgp/weak-algorithms.ts';
import type { Catalogue, PinnedKey } from '../store/catalogue.ts';
import { systemCode } from '../store/storage-errors.ts';
import { isFromNetwork, type KeySettings, pinName, ppaOf, trustedEntries, weakPolicy } from './key-entries.ts';
import { fetchPpaKey } from './launchpad.ts';

/** What is needed to fetch a key and to pin it. */
interface KeyFetching {
  /** The mirror that the events are about; empty when they are about the key itself. */
  readonly name: string;
  readonly fetcher: Fetcher;
  readonly catalogue: Catalogue;
  readonly report: Reporter;
  readonly signal?: AbortSignal | undefined;
  /** The machine's clock when left out. */
  readonly clock?: Clock | undefined;
}

export interface MirrorKeys extends KeyFetching {
  readonly config: KeySettings;
}

export interface RefreshKeyOptions extends KeyFetching {
  /** Trusts the keys that are there now, whatever was pinned before. */
  readonly accept: boolean;
  /** Where a fingerprint is looked up. */
  readonly keyserver?: string | undefined;
}

/** `pinned`: for the first time; `updated`: the same primary keys or fewer, with other subkeys or dates; `replaced`: other keys, accepted. */
export interface RefreshedKey {
  readonly status: 'pinned' | 'unchanged' | 'updated' | 'replaced';
  readonly keys: readonly TrustedKey[];
}

/**
 * The keys that a mirror trusts. Each entry of its `keys` is a file with an absolute path, a URL, or a fingerprint that is looked up at its
 * `keyserver` (HKP); a PPA without any has the key that Launchpad states. What comes from the network is pinned at first use, with an event that tells the fingerprints; from then on the pinned copy
 * is used and nothing is fetched: `checkPinnedKeys` looks for changes.
 * Keys and signatures that are weak are accepted as far as the mirror's `allowWeak` says.
 * Throws KEY_MISSING when there are none or a file is not there, KEY_INVALID for one without a usable key, FETCH_*.
 */
export async function loadKeyring(options: MirrorKeys): Promise<Keyring> {
  const { keyserver } = options.config;
  const keys = trustedEntries(options.config);
  if (keys.length === 0) {
    throw new MirrorError('KEY_MISSING', `no trusted keys are configured for "${options.name}"`, {
      hint: `List the upstream's keys under mirrors.${options.name}.keys: files, URLs, or fingerprints with a keyserver; "verify: []" only if it does not sign.`,
    });
  }
  const files: KeyFile[] = [];
  for (const entry of keys) files.push(isFromNetwork(entry) ? await pinnedFile(entry, keyserver, options) : await readKeyFile(entry));
  return readKeyring(files, weakPolicy(options.name, options.config));
}

/**
 * Fetches the mirror's pinned keys anew and compares. Gives true when a pinned copy was brought up to date (a later expiry, a new subkey), so
 * that the keyring is to be loaded again. Throws KEY_CHANGED when an upstream names another key; an upstream that does not answer is
 * only a warning, since what is pinned holds.
 */
export async function checkPinnedKeys(options: MirrorKeys): Promise<boolean> {
  let changed = false;
  for (const entry of trustedEntries(options.config)) {
    if (!isFromNetwork(entry)) continue;
    try {
      const { status } = await refreshPinnedKey(entry, { ...options, keyserver: options.config.keyserver, accept: false });
      changed ||= status !== 'unchanged';
    } catch (error) {
      if (!isMirrorError(error) || !error.code.startsWith('FETCH_')) throw error;
      options.report({
        type: 'warning',
        subject: options.name,
        message: `${shown(entry)} could not be checked for a new key: ${reasonOf(error)}`,
      });
    }
  }
  return changed;
}

/**
 * Fetches the keys at a URL, or of a fingerprint, and pins them if they are new, or the same primary keys (or fewer) with other particulars.
 * Throws KEY_CHANGED when there is a primary key that was not pinned, unless that is accepted; KEY_INVALID, KEY_MISSING, FETCH_*.
 */
export async function refreshPinnedKey(source: string, options: RefreshKeyOptions): Promise<RefreshedKey> {
  const pinned = options.catalogue.pinnedKey(pinName(source));
  const keys = await fetchKeys(source, options);
  if (pinned === undefined) return { status: 'pinned', keys: pin(source, keys, options) };

  const added = keys.filter((key) => !pinned.fingerprints.includes(key.fingerprint));
  if (added.length > 0 && !options.accept) throw changedKey(source, pinned, keys);
  if (armoredKeys(keys) === pinned.armored) return { status: 'unchanged', keys };
  return { status: added.length > 0 ? 'replaced' : 'updated', keys: pin(source, keys, options) };
}

function shown(source: string): string {
  return redactUrl(pinName(source));
}

async function pinnedFile(entry: string, keyserver: string | undefined, options: KeyFetching): Promise<KeyFile> {
  let armored = options.catalogue.pinnedKey(pinName(entry))?.armored;
  if (armored === undefined) {
    const keys = await fetchKeys(entry, { ...options, keyserver });
    armored = armoredKeys(pin(entry, keys, options));
  }
  return { bytes: Buffer.from(armored), source: `the pinned key of ${shown(entry)}` };
}

async function readKeyFile(path: string): Promise<KeyFile> {
  try {
    const { size } = await stat(path);
    if (size > LIMITS.keyFile) throw new Error(`it has ${size} bytes, more than ${LIMITS.keyFile}`);
    return { bytes: await readFile(path), source: path };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw new MirrorError('KEY_MISSING', `the key file ${path} does not exist`, { cause: error });
    throw new MirrorError('KEY_INVALID', `the key file ${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

async function fetchKeys(
  source: string,
  options: Pick<RefreshKeyOptions, 'fetcher' | 'signal' | 'keyserver'>,
): Promise<readonly TrustedKey[]> {
  const ppa = ppaOf(source);
  if (ppa !== undefined) {
    const { bytes, fingerprint, source: url } = await fetchPpaKey(ppa, options);
    return exactKey(bytes, fingerprint, url);
  }
  const wanted = isFingerprint(source) ? pinName(source) : undefined;
  const url = wanted === undefined ? source : lookupUrl(wanted, options.keyserver);
  const { bytes } = await options.fetcher.document({ urls: [url], maxSize: LIMITS.keyFile, signal: options.signal });
  return wanted === undefined ? await readKeys(bytes, url) : exactKey(bytes, wanted, url);
}

/** All that some mirror can accept: who trusts a pinned key decides how much of it. */
async function readKeys(bytes: Buffer, url: string): Promise<readonly TrustedKey[]> {
  return (await readKeyring([{ bytes, source: redactUrl(url) }], LENIENT)).keys;
}

/** Servers of keys may answer with others besides. */
async function exactKey(bytes: Buffer, fingerprint: string, url: string): Promise<readonly TrustedKey[]> {
  const keys = await readKeys(bytes, url);
  const exact = keys.filter((key) => key.fingerprint === fingerprint);
  if (exact.length > 0) return exact;
  const answered = keys.map((key) => key.fingerprint).join(', ');
  throw new MirrorError('KEY_INVALID', `${redactUrl(url)} answered with the key ${answered}, not with ${fingerprint}`);
}

/** HTTP Keyserver Protocol, machine-readable. */
function lookupUrl(fingerprint: string, keyserver: string | undefined): string {
  if (keyserver === undefined) {
    throw new MirrorError('KEY_MISSING', `there is no keyserver to fetch the key ${fingerprint} from`, {
      hint: 'Set keyserver: beside keys:, for example https://keyserver.ubuntu.com.',
    });
  }
  return `${keyserver.replace(/\/+$/, '')}/pks/lookup?op=get&options=mr&search=0x${fingerprint}`;
}

function pin(source: string, keys: readonly TrustedKey[], options: KeyFetching): readonly TrustedKey[] {
  const clock = options.clock ?? systemClock;
  const fingerprints = keys.map((key) => key.fingerprint).sort();
  const before = options.catalogue.pinnedKey(pinName(source));
  options.catalogue.pinKey({ source: pinName(source), fingerprints, armored: armoredKeys(keys), pinnedAt: clock.now().getTime() });
  const listed = keys.map((key) => `${key.fingerprint} (${key.userId})`).join(', ');
  let message = `trusting ${listed} from ${shown(source)} from now on`;
  if (before !== undefined) message = `the key of ${shown(source)} was brought up to date: ${listed}`;
  else if (!isFingerprint(source)) message += ': compare the fingerprint with what the publisher says';
  options.report({ type: 'info', subject: options.name === '' ? shown(source) : options.name, message });
  return keys;
}

function armoredKeys(keys: readonly TrustedKey[]): string {
  return [...keys].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1)).reduce((text, key) => text + key.armored, '');
}

function changedKey(source: string, pinned: PinnedKey, keys: readonly TrustedKey[]): MirrorError {
  const now = keys.map((key) => `${key.fingerprint} (${key.userId})`).join(', ');
  return new MirrorError(
    'KEY_CHANGED',
    `${shown(source)} has the key ${now}, but ${pinned.fingerprints.join(', ')} was pinned at first use`,
    {
      hint: `If the publisher confirms the new fingerprint, run: mirror key import ${shown(source)} --accept`,
    },
  );
}
