/** For how long a failure counts against a server, in milliseconds; repeated failures count longer, up to ten times. */
const MEMORY = 60_000;
const MOST_FAILURES = 10;
/** How many servers are remembered; a metalink names a few hundred at most. */
const MOST_ORIGINS = 1000;

interface Origin {
  failures: number;
  lastFailure: number;
  pausedUntil: number;
}

/** What is remembered of servers over all downloads, by origin (scheme, host and port). Times are milliseconds since 1970. */
export interface Origins {
  failed(origin: string): void;
  worked(origin: string): void;
  /** The server asked to be left alone until then. */
  pause(origin: string, until: number): void;
  pausedUntil(origin: string): number;
  /** Higher is worse; 0 for a server that nothing speaks against. */
  penalty(origin: string): number;
}

export function createOrigins(now: () => number = Date.now): Origins {
  const known = new Map<string, Origin>();
  const note = (origin: string): Origin => {
    let entry = known.get(origin);
    if (entry === undefined) {
      if (known.size >= MOST_ORIGINS) known.clear();
      entry = { failures: 0, lastFailure: 0, pausedUntil: 0 };
      known.set(origin, entry);
    }
    return entry;
  };
  return {
    failed(origin) {
      const entry = note(origin);
      entry.failures = Math.min(entry.failures + 1, MOST_FAILURES);
      entry.lastFailure = now();
    },
    worked(origin) {
      const entry = known.get(origin);
      if (entry !== undefined) entry.failures = Math.floor(entry.failures / 2);
    },
    pause(origin, until) {
      const entry = note(origin);
      entry.pausedUntil = Math.max(entry.pausedUntil, until);
    },
    pausedUntil: (origin) => known.get(origin)?.pausedUntil ?? 0,
    penalty(origin) {
      const entry = known.get(origin);
      if (entry === undefined || now() - entry.lastFailure > entry.failures * MEMORY) return 0;
      return entry.failures;
    },
  };
}
