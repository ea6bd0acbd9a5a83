import { sha256Of, strongest } from '../core/digests.ts';
import type { Credentials } from '../fetch/fetcher.ts';
import type { Origin, Wanted } from './acquire.ts';

/** Metadata may name a file on any server; who we are is for the upstream's own servers to know. */
export function credentialsFor(urls: readonly string[], { bases, credentials, home = bases }: Origin): Credentials | undefined {
  if (credentials === undefined) return undefined;
  const own = new Set(home.map((base) => new URL(base).origin));
  return urls.every((url) => own.has(new URL(url).origin)) ? credentials : undefined;
}

/** Names the file in the intake: equal for equal content wherever a checksum is known. */
export function keyOf({ expected, urls }: Wanted): string {
  return sha256Of(expected) ?? strongest(expected.checksums)?.value ?? urls[0] ?? '';
}
