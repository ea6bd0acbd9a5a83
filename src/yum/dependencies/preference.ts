import { architectureRank } from '../architecture.ts';
import type { YumCandidate } from '../candidate.ts';
import { compareVersions } from '../format/version.ts';
import { moduleRank, streamRank } from '../modules/consistency.ts';

/** What candidates are wanted for. */
export interface Wanted {
  /** The name that is required. */
  readonly name: string;
  /** What requires it. */
  readonly requirer: YumCandidate;
}

/** Which of several candidates is taken for a requirement. */
export interface Preference {
  /** Candidates by their indexes, best first. */
  sorted(owners: readonly number[], wanted: Wanted): readonly YumCandidate[];
}

/**
 * The order among candidates: 64 bits and `noarch` before 32 bits (what asks for the other says so in the name that it requires); then
 * what is of the requirer's own module, of one that this requires, of none or of a default stream, of another stream; then the package that has the
 * required name itself; then, among different names, the one that begins as the requirer's name does, the shorter, the alphabetically
 * first; of one name that of a default stream, then the highest version, then the earlier mirror.
 */
export function createPreference(candidates: readonly YumCandidate[]): Preference {
  return {
    sorted(owners, { name, requirer }) {
      const order = (a: number, b: number): number => {
        const [one, two] = [candidates[a], candidates[b]];
        if (one === undefined || two === undefined) return 0;
        return (
          architectureRank(one.architecture) - architectureRank(two.architecture) ||
          moduleRank(requirer, one) - moduleRank(requirer, two) ||
          Number(two.name === name) - Number(one.name === name) ||
          compareNames(one.name, two.name, requirer.name) ||
          streamRank(one) - streamRank(two) ||
          compareVersions(two.version, one.version) ||
          a - b
        );
      };
      return [...owners].sort(order).flatMap((owner) => candidates[owner] ?? []);
    },
  };
}

function compareNames(a: string, b: string, requirer: string): number {
  if (a === b) return 0;
  return commonPrefix(b, requirer) - commonPrefix(a, requirer) || a.length - b.length || (a < b ? -1 : 1);
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
