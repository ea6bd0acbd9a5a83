import { unsatisfiedIn } from '../solve/closure.ts';
import type { OperationContext } from './context.ts';
import { closureOptions } from './dependencies.ts';
import { familyNamed } from './families.ts';
import { commonFamily } from './snapshot-create.ts';
import { openSources } from './sources.ts';

/** A requirement that nothing satisfies. */
export interface MissingRequirement {
  readonly requirement: string;
  /** The packages that have it. */
  readonly neededBy: readonly string[];
}

export interface VerifyReport {
  readonly name: string;
  readonly sources: readonly string[];
  readonly packages: number;
  /** In the order of the text. */
  readonly missing: readonly MissingRequirement[];
}

/**
 * Whether everything that the packages of `name` need is there, or in one of the other sources. What the others' packages need is not
 * looked at. Throws NAME_UNKNOWN, NEVER_SYNCED, and USAGE when they are not of one family.
 */
export async function verifySnapshot(name: string, sources: readonly string[], context: OperationContext): Promise<VerifyReport> {
  const { blobs, report } = context;
  report({ type: 'phase', subject: name, phase: 'verify' });
  const opened = await openSources([name, ...sources], context);
  const family = familyNamed(commonFamily(opened));
  const universe = await family.universe(
    opened.flatMap(({ candidates }) => candidates),
    blobs,
  );
  const members = opened[0]?.candidates ?? [];
  const neededBy = new Map<string, Set<string>>();
  for (const { requirement, chain } of unsatisfiedIn(universe, members, { ...closureOptions({}), label: family.label })) {
    const known = neededBy.get(requirement) ?? new Set();
    neededBy.set(requirement, known);
    for (const label of chain) known.add(label);
  }
  const missing = [...neededBy.keys()]
    .sort()
    .map((requirement) => ({ requirement, neededBy: [...(neededBy.get(requirement) ?? [])].sort() }));
  return { name, sources, packages: members.length, missing };
}
