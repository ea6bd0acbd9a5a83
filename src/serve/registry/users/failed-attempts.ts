import { isIPv6 } from 'node:net';
import type { Clock } from '../../../core/clock.ts';

/** How many wrong passwords an address may try in how many milliseconds. */
const ALLOWED = 10;
const WINDOW_MS = 60_000;
/** Addresses that are remembered; the one that began longest ago is forgotten for another. */
const MAX_ADDRESSES = 10_000;

/** Limits how fast passwords can be guessed. */
export interface FailedAttempts {
  /** Counts an attempt as failed before its outcome is known, so that many at once count too. Gives the seconds to wait where it may not be made. */
  begin(address: string): number | undefined;
  /** Takes an attempt back that did not fail. */
  succeeded(address: string): void;
}

export function createFailedAttempts(clock: Clock): FailedAttempts {
  const windows = new Map<string, { count: number; readonly until: number }>();
  return {
    begin(address) {
      const now = clock.now().getTime();
      const key = networkOf(address);
      const window = windows.get(key);
      // Also where the clock was set back.
      if (window === undefined || window.until <= now || window.until > now + WINDOW_MS) {
        windows.delete(key);
        forgetOldest();
        windows.set(key, { count: 1, until: now + WINDOW_MS });
        return undefined;
      }
      if (window.count >= ALLOWED) return Math.ceil((window.until - now) / 1000);
      window.count++;
      return undefined;
    },
    succeeded(address) {
      const window = windows.get(networkOf(address));
      if (window !== undefined && window.count > 0) window.count--;
    },
  };

  function forgetOldest(): void {
    const oldest = windows.size < MAX_ADDRESSES ? undefined : windows.keys().next().value;
    if (oldest !== undefined) windows.delete(oldest);
  }
}

/** Whoever has one IPv6 address has a network of 2^64 of them. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [before = '', after] = address.split('::');
  const groups = before === '' ? [] : before.split(':');
  if (after !== undefined) {
    const rest = after === '' ? [] : after.split(':');
    groups.push(...Array.from({ length: 8 - groups.length - rest.length }, () => '0'), ...rest);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
