import { nearestNames } from '../core/names.ts';
import type { Problem } from './environment.ts';
import type { KeyPath } from './yaml-source.ts';

/** How many names a message lists. */
const MOST_LISTED = 20;

/** The problem of a name that does not exist, at a path; `known` is what could have been meant. */
export function unknownName(
  path: KeyPath,
  kind: string,
  { name, known }: { readonly name: string; readonly known: readonly string[] },
): Problem {
  const listed = `${known.slice(0, MOST_LISTED).join(', ')}${known.length > MOST_LISTED ? ', …' : ''}`;
  const allowed = known.length === 0 ? `none: no ${kind} is defined` : listed;
  return { path, part: 'value', message: `no ${kind} is named "${name}"`, allowed, nearest: nearestNames(name, known, 1)[0] };
}
