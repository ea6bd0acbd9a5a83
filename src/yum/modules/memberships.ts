import type { Membership } from '../../solve/universe.ts';
import type { CandidateModule } from './candidate-module.ts';
import type { OfModules } from './consistency.ts';

const NONE: readonly Membership[] = [];

/** Tells of which streams of modules a package is, of which a machine has one at a time. Default streams first. Equal answers are the same list. */
export function createMemberships(): (candidate: OfModules) => readonly Membership[] {
  const known = new Map<readonly CandidateModule[], readonly Membership[]>();
  return ({ modules }) => {
    if (modules === undefined) return NONE;
    const before = known.get(modules);
    if (before !== undefined) return before;
    const made = [...Map.groupBy(modules, ({ name }) => name)].map(([name, own]) => ({
      group: `the module ${name}`,
      members: [...new Set(own.toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault)).map(({ stream }) => `stream ${stream}`))],
    }));
    known.set(modules, made);
    return made;
  };
}
