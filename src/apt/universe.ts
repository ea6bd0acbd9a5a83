import type { ClosureOptions, Requirement, Universe } from '../solve/universe.ts';
import { type AptCandidate, labelOf } from './candidate.ts';
import { conflictsOf } from './conflicts.ts';
import { type PackageRelation, parseProvides, parseRelations, type RelationGroup } from './format/relations.ts';
import { fieldOf } from './format/stanza.ts';
import { compareVersions, versionMatches } from './format/version.ts';

/** A package that provides a name other than its own. */
interface Provider {
  readonly candidate: AptCandidate;
  readonly version: string | undefined;
  /** An architecture that the provided name is limited to. */
  readonly qualifier: string | undefined;
}

/**
 * What satisfies what among some packages, by the rules of apt (Debian policy 7, and the multiarch specification). Candidates of one
 * alternative come best first: those of the name itself before providers of it; higher versions first, then earlier mirrors, then the
 * architecture of the package that asks. A package for all architectures asks once for each architecture there is, where that can be had.
 */
export function createUniverse(candidates: readonly AptCandidate[]): Universe<AptCandidate> {
  const world = new World(candidates);
  return {
    candidates,
    requirements: (candidate, options) => world.requirements(candidate, options),
    conflicts: (candidate) => conflictsOf(candidate, world),
    essential: (native) => world.essential(native),
    similar: (requirement) => world.similar(requirement),
  };
}

class World {
  readonly #own = new Map<string, AptCandidate[]>();
  readonly #providers = new Map<string, Provider[]>();
  readonly #mirrors = new Map<string, number>();
  readonly #architectures: readonly string[];

  constructor(candidates: readonly AptCandidate[]) {
    const architectures = new Set<string>();
    for (const candidate of candidates) {
      if (!this.#mirrors.has(candidate.mirror)) this.#mirrors.set(candidate.mirror, this.#mirrors.size);
      if (candidate.architecture !== 'all') architectures.add(candidate.architecture);
      append(this.#own, candidate.name, candidate);
      const provides = fieldOf(candidate.stanza, 'Provides');
      if (provides === undefined) continue;
      for (const { name, version, qualifier } of parseProvides(provides, describe(candidate, 'Provides'))) {
        append(this.#providers, name, { candidate, version, qualifier });
      }
    }
    this.#architectures = [...architectures].sort();
  }

  named(name: string): readonly AptCandidate[] {
    return this.#own.get(name) ?? [];
  }

  providing(name: string): readonly Provider[] {
    return this.#providers.get(name) ?? [];
  }

  essential(native: string | undefined): AptCandidate[][] {
    const isEssential = (candidate: AptCandidate): boolean =>
      (native === undefined || candidate.architecture === native || candidate.architecture === 'all') &&
      fieldOf(candidate.stanza, 'Essential')?.toLowerCase() === 'yes';
    const order = this.#order(native ?? '');
    return [...this.#own.values()].map((candidates) => candidates.filter(isEssential).sort(order)).filter((list) => list.length > 0);
  }

  similar({ text }: Requirement): AptCandidate[] {
    const names = parseRelations(text, 'a requirement').flatMap((group) => group.alternatives.map(({ name }) => name));
    const found = names.flatMap((name) => [...this.named(name), ...this.providing(name).map(({ candidate }) => candidate)]);
    return [...new Set(found)];
  }

  requirements(candidate: AptCandidate, options: ClosureOptions): Requirement[] {
    const fields = ['Pre-Depends', 'Depends', ...(options.recommends ? ['Recommends'] : []), ...(options.suggests ? ['Suggests'] : [])];
    const requirements: Requirement[] = [];
    for (const field of fields) {
      const text = fieldOf(candidate.stanza, field);
      if (text === undefined) continue;
      for (const group of parseRelations(text, describe(candidate, field)))
        requirements.push(...this.#required(candidate, group, options.native));
    }
    return requirements;
  }

  #required(candidate: AptCandidate, group: RelationGroup, native: string | undefined): Requirement[] {
    if (candidate.architecture !== 'all' || native !== undefined || this.#architectures.length <= 1) {
      const architecture = candidate.architecture === 'all' ? (native ?? this.#architectures[0] ?? 'all') : candidate.architecture;
      return [{ text: group.text, alternatives: this.#alternatives(group, architecture) }];
    }
    const all = this.#architectures.map((architecture) => ({
      text: `${group.text} [${architecture}]`,
      alternatives: this.#alternatives(group, architecture),
    }));
    const possible = all.filter((requirement) => requirement.alternatives.some((list) => list.length > 0));
    if (possible.length === 0) return [{ text: group.text, alternatives: group.alternatives.map(() => []) }];
    return possible.filter((requirement, index) => !possible.slice(0, index).some((earlier) => sameCandidates(earlier, requirement)));
  }

  #alternatives(group: RelationGroup, architecture: string): AptCandidate[][] {
    return group.alternatives.map((relation) => this.#satisfying(relation, architecture));
  }

  #satisfying(relation: PackageRelation, architecture: string): AptCandidate[] {
    const own = (this.#own.get(relation.name) ?? []).filter(
      (candidate) => versionFits(relation, candidate.version) && architectureFits(relation, candidate, architecture),
    );
    const providers = (this.#providers.get(relation.name) ?? []).filter(
      ({ candidate, version, qualifier }) =>
        versionFits(relation, version) &&
        (qualifier === undefined || qualifier === (relation.qualifier ?? architecture)) &&
        architectureFits(relation, candidate, architecture),
    );
    const order = this.#order(architecture);
    const real = own.sort(order);
    const provided = providers.map(({ candidate }) => candidate).sort((a, b) => compareText(a.name, b.name) || order(a, b));
    return [...new Set([...real, ...provided])];
  }

  /** Best first, of packages with the same name. */
  #order(architecture: string): (a: AptCandidate, b: AptCandidate) => number {
    const rank = (candidate: AptCandidate): number => this.#mirrors.get(candidate.mirror) ?? 0;
    const foreign = (candidate: AptCandidate): number => (candidate.architecture === architecture ? 0 : 1);
    return (a, b) =>
      compareVersions(b.version, a.version) || rank(a) - rank(b) || foreign(a) - foreign(b) || compareText(a.architecture, b.architecture);
  }
}

/** A name provided without a version satisfies no relation that has one. */
function versionFits(relation: PackageRelation, version: string | undefined): boolean {
  if (relation.relation === undefined || relation.version === undefined) return true;
  return version !== undefined && versionMatches(version, relation.relation, relation.version);
}

function architectureFits(relation: PackageRelation, candidate: AptCandidate, architecture: string): boolean {
  const { qualifier } = relation;
  if (qualifier === 'any') return multiArch(candidate) === 'allowed';
  const wanted = qualifier === undefined || qualifier === 'native' ? architecture : qualifier;
  if (candidate.architecture === wanted || candidate.architecture === 'all') return true;
  return qualifier === undefined && multiArch(candidate) === 'foreign';
}

function multiArch(candidate: AptCandidate): string | undefined {
  return fieldOf(candidate.stanza, 'Multi-Arch')?.toLowerCase();
}

function sameCandidates(a: Requirement, b: Requirement): boolean {
  return a.alternatives.every((list, index) => {
    const other = b.alternatives[index] ?? [];
    return list.length === other.length && list.every((candidate, at) => candidate === other[at]);
  });
}

function describe(candidate: AptCandidate, field: string): string {
  return `mirror ${candidate.mirror}: the ${field} of package ${labelOf(candidate)}`;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
