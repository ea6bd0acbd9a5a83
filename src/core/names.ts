import { MirrorError } from './errors.ts';

/** The pattern of every name that a user gives: mirrors, groups, repos, snapshots, publications. */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9._-]*$/;

/** The known names nearest to a mistyped one, best first; none when nothing is near. */
export function nearestNames(wanted: string, known: Iterable<string>, count = 3): string[] {
  const lower = wanted.toLowerCase();
  const scored: { name: string; distance: number }[] = [];
  for (const name of known) {
    const candidate = name.toLowerCase();
    const distance = candidate.startsWith(lower) || lower.startsWith(candidate) ? 1 : editDistance(lower, candidate);
    if (distance <= Math.max(2, Math.floor(wanted.length / 3))) scored.push({ name, distance });
  }
  scored.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return scored.slice(0, count).map((entry) => entry.name);
}

/** The error for a name that does not exist: says which names are near, or which there are. */
export function unknownName(kind: string, wanted: string, known: Iterable<string>): MirrorError {
  const all = [...known].sort();
  const near = nearestNames(wanted, all);
  let hint: string;
  if (near.length > 0) hint = `Did you mean ${near.join(' or ')}?`;
  else if (all.length === 0) hint = `No ${kind} is defined yet.`;
  else hint = `There are: ${all.slice(0, 20).join(', ')}${all.length > 20 ? ', …' : ''}.`;
  return new MirrorError('NAME_UNKNOWN', `no ${kind} is named "${wanted}"`, { hint });
}

/** Damerau-Levenshtein distance (adjacent transpositions count as one). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
