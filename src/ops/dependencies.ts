import type { MirrorConfig } from '../config/schema.ts';
import type { Family } from '../family/family.ts';
import type { Closure } from '../solve/closure.ts';
import { installableClosure } from '../solve/installable-closure.ts';
import type { Candidate, ClosureOptions, Universe } from '../solve/universe.ts';
import type { Unsatisfied } from '../store/catalogue.ts';
import type { OperationContext } from './context.ts';

/** Which dependencies a command follows besides the strong ones. */
export interface FollowOptions {
  readonly recommends?: boolean | undefined;
  readonly suggests?: boolean | undefined;
  /** Also the source packages that packages were made from. */
  readonly sources?: boolean | undefined;
}

/** What a closure is made of. */
export interface DependencyRequest extends FollowOptions {
  readonly family: Family<MirrorConfig, Candidate>;
  readonly universe: Universe<Candidate>;
  readonly seeds: readonly Candidate[];
}

/** The seeds with what they need of the universe, chosen so that each can be installed from it alone where that is possible. */
export function withDependencies({ family, universe, seeds, ...follow }: DependencyRequest): Closure<Candidate> {
  const { label, compareVersions } = family;
  const machines = family.hasMachineArchitectures ? architecturesOf(universe.candidates) : [];
  return installableClosure(universe, seeds, {
    ...closureOptions(follow),
    label,
    compareVersions,
    machines: machines.length > 1 ? machines : undefined,
  });
}

/** Only what is stated, each in the one best way. */
export function closureOptions({ recommends = false, suggests = false, sources = false }: FollowOptions): ClosureOptions {
  return { recommends, suggests, source: sources, allVariants: false };
}

/** What is not the architecture of a machine. */
const NO_ARCHITECTURES = ['all', 'noarch', 'source'];

/** The architectures of the machines that packages are for, sorted. */
export function architecturesOf(candidates: readonly Candidate[]): string[] {
  const found = new Set(candidates.map(({ architecture }) => architecture));
  for (const none of NO_ARCHITECTURES) found.delete(none);
  return [...found].sort();
}

/**
 * Warns of what nothing satisfies, with who asks for it.
 * @param limit how many are warned of one by one, and where the others are to be seen.
 */
export function warnUnsatisfied(
  subject: string,
  unsatisfied: readonly Unsatisfied[],
  { report }: Pick<OperationContext, 'report'>,
  limit: { readonly shown?: number; readonly more?: string } = {},
): void {
  const { shown = 20, more } = limit;
  const warn = (message: string): void => report({ type: 'warning', subject, message });
  for (const entry of unsatisfied.slice(0, shown)) warn(unsatisfiedText(entry));
  const rest = unsatisfied.length - shown;
  if (rest > 0) warn(`${rest} more dependencies cannot be satisfied${more === undefined ? '' : ` (${more})`}`);
}

/** One requirement that nothing satisfies, for people. */
function unsatisfiedText({ requirement, chain }: Unsatisfied): string {
  return `nothing provides ${requirement}, needed by ${[...chain].reverse().join(', needed by ')}`;
}
