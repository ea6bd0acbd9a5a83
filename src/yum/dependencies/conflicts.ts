import type { Conflict } from '../../solve/universe.ts';
import { isSourceArchitecture } from '../architecture.ts';
import type { YumCandidate } from '../candidate.ts';
import { type Capability, EQUAL, formatCapability, rangesOverlap } from '../format/dependencies.ts';
import { readRelations } from '../format/relations.ts';
import { isRich } from '../format/rich.ts';
import { parseEvr } from '../format/version.ts';
import type { XmlScanner } from '../format/xml-scanner.ts';
import type { Providers } from './providers.ts';

/** Names, and provided names, of which several versions are installed beside each other: dnf's `installonlypkgs`. */
const INSTALL_ONLY = [
  'kernel',
  'kernel-PAE',
  'installonlypkg(kernel)',
  'installonlypkg(kernel-module)',
  'installonlypkg(vm)',
  'multiversion(kernel)',
];

export interface ConflictSource {
  readonly candidates: readonly YumCandidate[];
  readonly providers: Providers;
  readonly scanner: XmlScanner;
}

/**
 * What rpm and dnf do not have installed together with each candidate: what its Conflicts name, by anything that the other provides; what its
 * Obsoletes name, by the other's name alone; and packages of the same name and architecture (or `noarch`), save those of which several
 * versions are kept, such as kernels. Conflicts that are rich dependencies are not looked at.
 */
export function indexConflicts({ candidates, providers, scanner }: ConflictSource): (owner: number) => Conflict<YumCandidate>[] {
  const named = Map.groupBy(
    candidates.filter(({ architecture }) => !isSourceArchitecture(architecture)),
    ({ name }) => name,
  );
  const installOnly = new Set(INSTALL_ONLY.flatMap((name) => providers.of({ name, flags: 0, evr: undefined })));
  return (owner) => {
    const candidate = candidates[owner];
    if (candidate === undefined || isSourceArchitecture(candidate.architecture)) return [];
    const twins = installOnly.has(owner) ? [] : (named.get(candidate.name) ?? []).filter((other) => sharesArchitecture(candidate, other));
    const stated = readRelations(scanner, candidate.element, 'conflicts').filter(({ name }) => !isRich(name));
    const obsoleted = readRelations(scanner, candidate.element, 'obsoletes').filter(({ name }) => name !== candidate.name);
    return [
      ...twins.map((other) => ({ with: other, text: 'cannot be there together with another package of its name' })),
      ...stated.flatMap((relation) =>
        providers.of(relation).flatMap((other) => entry(candidates[other], `conflicts with ${formatCapability(relation)}`)),
      ),
      ...obsoleted.flatMap((relation) =>
        (named.get(relation.name) ?? [])
          .filter((other) => rangesOverlap(identityOf(other), relation))
          .map((other) => ({ with: other, text: `obsoletes ${formatCapability(relation)}` })),
      ),
    ].filter((conflict) => conflict.with !== candidate);
  };
}

function entry(candidate: YumCandidate | undefined, text: string): Conflict<YumCandidate>[] {
  return candidate === undefined ? [] : [{ with: candidate, text }];
}

function sharesArchitecture(one: YumCandidate, other: YumCandidate): boolean {
  return one.architecture === other.architecture || one.architecture === 'noarch' || other.architecture === 'noarch';
}

function identityOf({ name, version }: YumCandidate): Capability {
  return { name, flags: EQUAL, evr: parseEvr(version) };
}
