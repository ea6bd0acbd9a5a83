import { isSourceArchitecture } from '../architecture.ts';
import { labelOf, type YumCandidate } from '../candidate.ts';
import { formatCapability } from '../format/dependencies.ts';
import { readRelations } from '../format/repodata/relations.ts';
import { isRich, parseRich } from '../format/rich.ts';
import type { XmlScanner } from '../format/xml/xml-scanner.ts';
import type { Providers } from './providers.ts';
import { type Rule, richRules } from './rich-rules.ts';

/** That packages ask to be there where another one is. */
export interface Supplement {
  /** Versions of one package, as indexes. */
  readonly owners: readonly number[];
  /** What else must be there, as indexes. */
  readonly when: readonly number[];
  /** Where one of these is there, it is not asked for; as indexes. */
  readonly unless: readonly number[];
  /** In words that go on after "recommends". */
  readonly text: string;
}

export interface SupplementSource {
  readonly candidates: readonly YumCandidate[];
  readonly providers: Providers;
  readonly scanner: XmlScanner;
}

interface Group extends Supplement {
  readonly owners: number[];
  /** The candidate that it is to be beside, as its index. */
  readonly beside: number;
}

/**
 * The reverse of Supplements (or Enhances): by the index of a candidate, what asks to be there beside it. What asks to be there only because
 * something is missing is not taken.
 */
export function indexSupplements(
  { candidates, providers, scanner }: SupplementSource,
  kind: 'supplements' | 'enhances',
): ReadonlyMap<number, readonly Supplement[]> {
  const groups = new Map<string, Group>();
  for (const [owner, candidate] of candidates.entries()) {
    if (isSourceArchitecture(candidate.architecture)) continue;
    for (const relation of readRelations(scanner, candidate.element, kind)) {
      const node = isRich(relation.name) ? parseRich(relation.name) : ({ kind: 'capability', capability: relation } as const);
      const rules: readonly Rule[] = node === undefined ? [] : (richRules(node, true, providers) ?? []);
      for (const { when, choices } of rules) {
        const [beside, ...others] = when;
        if (beside === undefined || when.includes(owner)) continue;
        const key = `${candidate.name} ${candidate.architecture} ${when.join()} ${formatCapability(relation)}`;
        const known = groups.get(key);
        if (known !== undefined) known.owners.push(owner);
        else
          groups.set(key, {
            owners: [owner],
            beside,
            when: others,
            unless: choices.flatMap(({ owners }) => owners),
            text: `${labelOf(candidate)}, which ${kind} ${formatCapability(relation)}`,
          });
      }
    }
  }
  return Map.groupBy(groups.values(), ({ beside }) => beside);
}
