import type { Conflict } from '../../solve/universe.ts';
import { isSamePlace, isSourceArchitecture } from '../architecture.ts';
import type { YumCandidate } from '../candidate.ts';
import { type Capability, EQUAL, formatCapability, rangesOverlap } from '../format/dependencies.ts';
import { readRelations } from '../format/repodata/relations.ts';
import { isRich, parseRich } from '../format/rich.ts';
import { parseEvr } from '../format/version.ts';
import type { XmlScanner } from '../format/xml/xml-scanner.ts';
import type { Providers } from './providers.ts';
import { type Rule, richRules } from './rich-rules.ts';

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
 * versions are kept, such as kernels. What Conflicts say that is no conflict, but asks for something, is with `unconflictedRules`.
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
    const twins = installOnly.has(owner)
      ? []
      : (named.get(candidate.name) ?? []).filter((other) => isSamePlace(candidate.architecture, other.architecture));
    const stated = readRelations(scanner, candidate.element, 'conflicts');
    const obsoleted = readRelations(scanner, candidate.element, 'obsoletes');
    return [
      ...twins.map((other) => ({ with: other, text: 'cannot be there together with another package of its name' })),
      ...stated.flatMap((relation) => {
        const text = `conflicts with ${formatCapability(relation)}`;
        if (isRich(relation.name))
          return conflictRules(owner, relation.name, providers).flatMap((rule) => ruleEntry(candidates, rule, text));
        return providers.of(relation).flatMap((other) => entry(candidates[other], text));
      }),
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

/** Of a candidate's Conflicts what asks for something to be there, whatever else is: `(a if b)` asks for b. */
export function unconflictedRules(
  { candidates, providers, scanner }: ConflictSource,
  owner: number,
): { readonly text: string; readonly rule: Rule }[] {
  const candidate = candidates[owner];
  if (candidate === undefined || isSourceArchitecture(candidate.architecture)) return [];
  return readRelations(scanner, candidate.element, 'conflicts').flatMap(({ name }) =>
    (isRich(name) ? conflictRules(owner, name, providers) : [])
      .filter(({ when }) => when.length === 0)
      .map((rule) => ({ text: `the absence of ${name}`, rule })),
  );
}

/** Without the candidate itself among what must be there. That it conflicts with itself alone does not count, as with rpm. */
function conflictRules(owner: number, text: string, providers: Providers): Rule[] {
  const node = parseRich(text);
  const rules = node === undefined ? undefined : richRules(node, true, providers);
  return (rules ?? []).flatMap(({ when, choices }) => {
    if (choices.some(({ owners }) => owners.includes(owner))) return [];
    const others = when.filter((index) => index !== owner);
    const isOwn = others.length === 0 && when.length > 0 && choices.every(({ owners }) => owners.length === 0);
    return isOwn ? [] : [{ when: others, choices }];
  });
}

function ruleEntry(candidates: readonly YumCandidate[], { when, choices }: Rule, text: string): Conflict<YumCandidate>[] {
  const of = (indexes: readonly number[]): YumCandidate[] => indexes.flatMap((index) => candidates[index] ?? []);
  const [other, ...and] = of(when);
  const unless = choices.flatMap(({ owners }) => of(owners));
  return other === undefined ? [] : [{ with: other, text, ...(and.length > 0 ? { and } : {}), ...(unless.length > 0 ? { unless } : {}) }];
}

function identityOf({ name, version }: YumCandidate): Capability {
  return { name, flags: EQUAL, evr: parseEvr(version) };
}
