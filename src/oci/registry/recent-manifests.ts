import type { Clock } from '../../core/clock.ts';

/** How long a manifest is remembered, in milliseconds: longer than it takes from the manifest of a platform to the index of all. */
const REMEMBERED = 10 * 60 * 1000;
const MAX_REMEMBERED = 10_000;

/**
 * Manifests of which clients were told a short time ago that a repository has them. An index need not have all its members; one that had them when
 * its client looked must not come to be without.
 */
export interface RecentManifests {
  note(repository: string, digest: string): void;
  /** Whoever deletes it means it. */
  forget(repository: string, digest: string): void;
  /** Those of some digests that were noted. */
  among(repository: string, digests: readonly string[]): string[];
}

export function createRecentManifests(clock: Clock): RecentManifests {
  const noted = new Map<string, number>();
  const keyOf = (repository: string, digest: string): string => `${repository} ${digest}`;
  return {
    note(repository, digest) {
      const key = keyOf(repository, digest);
      // Maps keep their order: at the beginning is what was noted first.
      noted.delete(key);
      noted.set(key, clock.now().getTime());
      const [oldest] = noted.keys();
      if (noted.size > MAX_REMEMBERED && oldest !== undefined) noted.delete(oldest);
    },
    forget: (repository, digest) => void noted.delete(keyOf(repository, digest)),
    among(repository, digests) {
      const since = clock.now().getTime() - REMEMBERED;
      return digests.filter((digest) => (noted.get(keyOf(repository, digest)) ?? Number.NEGATIVE_INFINITY) >= since);
    },
  };
}
