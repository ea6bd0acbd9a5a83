import { isFetchedKey, isFingerprint } from '../config/checks.ts';
import type { MirrorConfig } from '../config/schema.ts';
import { STRICT, type WeakAlgorithm, type WeakPolicy } from '../openpgp/weak-algorithms.ts';

/** The part of a mirror's or repo's configuration that says whom to trust. */
export type KeySettings = Pick<MirrorConfig, 'keys' | 'keyserver'> & {
  /** `owner/name` of a PPA, whose key Launchpad knows. */
  readonly ppa?: string | undefined;
  /** Of a yum mirror. */
  readonly allowWeak?: readonly WeakAlgorithm[] | undefined;
};

const PPA = /^ppa:/;

/** What is trusted: the configured keys, or where there are none the key of the PPA, as `ppa:owner/name`. */
export function trustedEntries({ keys, ppa }: KeySettings): readonly string[] {
  return keys.length === 0 && ppa !== undefined ? [`ppa:${ppa}`] : keys;
}

/** Whether a trusted key is fetched and pinned, and not a file. */
export function isFromNetwork(entry: string): boolean {
  return isFetchedKey(entry) || PPA.test(entry);
}

/** The `owner/name` of an entry that stands for the key of a PPA. */
export function ppaOf(entry: string): string | undefined {
  return PPA.test(entry) ? entry.slice('ppa:'.length) : undefined;
}

/** What a pinned key is kept under: a URL, a PPA, or a fingerprint in upper-case hex. */
export function pinName(entry: string): string {
  return isFingerprint(entry) ? entry.replace(/\s+/g, '').replace(/^0x/i, '').toUpperCase() : entry;
}

/** What a mirror accepts of keys and signatures although it is weak. */
export function weakPolicy(name: string, { allowWeak }: KeySettings): WeakPolicy {
  return allowWeak === undefined ? STRICT : { allowed: allowWeak, setting: `mirrors.${name}.allowWeak` };
}
