import type { ClosureOptions, Requirement, Universe } from '../../solve/universe.ts';
import { type AptCandidate, describeField, isInstallerPackage, isSourcePackage } from '../candidate.ts';
import { SOURCE } from '../format/architecture.ts';
import { groupTexts, parseGroup, parseRelations, type RelationGroup } from '../format/relations.ts';
import { relationApplies } from '../format/restrictions.ts';
import { fieldOf, saysYes } from '../format/stanza.ts';
import { sourceOf } from '../source-candidate.ts';
import { conflictsOf } from './conflicts.ts';
import { type Asker, indexPackages, type PackageIndex } from './package-index.ts';

/**
 * What satisfies what among some packages, by the rules of apt. A package for all architectures asks once for each architecture there is,
 * where that can be had, or for the machine's own alone where that is given. What is only recommended or suggested and cannot be had is left
 * out, as apt leaves it out. Requirements that read the same are the same objects. Packages of the Debian installer (.udeb) are a world of their own:
 * some provide names of ordinary packages, which they cannot stand for.
 *
 * Errors: METADATA_INVALID, here when the Provides of a package cannot be read, and later when another field cannot.
 */
export function createUniverse(candidates: readonly AptCandidate[]): Universe<AptCandidate> {
  const hasInstaller = candidates.some(isInstallerPackage);
  const ordinary = new World(hasInstaller ? candidates.filter((candidate) => !isInstallerPackage(candidate)) : candidates);
  const installer = hasInstaller
    ? new World(candidates.filter((candidate) => isSourcePackage(candidate) || isInstallerPackage(candidate)))
    : ordinary;
  const worldOf = (candidate: AptCandidate): World => (isInstallerPackage(candidate) ? installer : ordinary);
  return {
    candidates,
    requirements: (candidate, options) => worldOf(candidate).requirements(candidate, options),
    conflicts: (candidate, native) => conflictsOf(candidate, worldOf(candidate).index, native),
    essential: (native) => ordinary.essential(native),
    similar: (requirement) => [...new Set([ordinary, installer].flatMap((world) => world.similar(requirement)))],
  };
}

class World {
  readonly index: PackageIndex;
  readonly #candidates: readonly AptCandidate[];
  /** Answers given before, by the requirer's architecture and the machine's, then by text. */
  readonly #known = new Map<string, Map<string, readonly Requirement[]>>();

  constructor(candidates: readonly AptCandidate[]) {
    this.#candidates = candidates;
    this.index = indexPackages(candidates);
  }

  essential(native: string | undefined): AptCandidate[][] {
    const found = this.#candidates.filter(
      ({ architecture, stanza }) =>
        (native === undefined ? architecture !== SOURCE : architecture === native || architecture === 'all') &&
        saysYes(stanza, 'Essential'),
    );
    const byName = Map.groupBy(found, ({ name }) => name);
    return [...byName.values()].map((candidates) => this.index.preference.versions(candidates, native ?? ''));
  }

  similar({ text }: Requirement): AptCandidate[] {
    const names = parseRelations(text, 'a requirement').flatMap((group) => group.alternatives.map(({ name }) => name));
    const found = names.flatMap((name) => [...this.index.named(name), ...this.index.providing(name).map(({ candidate }) => candidate)]);
    return [...new Set(found)];
  }

  requirements(candidate: AptCandidate, options: ClosureOptions): Requirement[] {
    if (isSourcePackage(candidate)) return [];
    const requirements: Requirement[] = [];
    for (const field of ['Pre-Depends', 'Depends']) this.#collect(candidate, { field, native: options.native }, requirements);
    const weak: Requirement[] = [];
    if (options.recommends) this.#collect(candidate, { field: 'Recommends', native: options.native }, weak);
    if (options.suggests) this.#collect(candidate, { field: 'Suggests', native: options.native }, weak);
    for (const requirement of weak) if (requirement.alternatives.some((list) => list.length > 0)) requirements.push(requirement);
    if (options.source) requirements.push(this.#source(candidate));
    return requirements;
  }

  #collect(candidate: AptCandidate, from: { readonly field: string; readonly native: string | undefined }, into: Requirement[]): void {
    const text = fieldOf(candidate.stanza, from.field);
    if (text === undefined) return;
    const known = this.#knownFor(candidate.architecture, from.native);
    for (const group of groupTexts(text)) {
      let shared = known.get(group);
      if (shared === undefined) {
        shared = this.#shared(parseGroup(group, describeField(candidate, from.field)), candidate.architecture, from.native);
        known.set(group, shared);
      }
      into.push(...shared);
    }
  }

  #knownFor(architecture: string, native: string | undefined): Map<string, readonly Requirement[]> {
    const key = `${architecture} ${native ?? ''}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      known = new Map();
      this.#known.set(key, known);
    }
    return known;
  }

  /** The group as requirements of a package of that architecture. */
  #shared(group: RelationGroup, own: string, native: string | undefined): readonly Requirement[] {
    const { architectures } = this.index;
    if (own !== 'all' || native !== undefined || architectures.length <= 1) {
      return this.#required(group, { architecture: own === 'all' ? (native ?? architectures[0] ?? 'all') : own, native });
    }
    const all = architectures.flatMap((architecture) =>
      this.#required({ ...group, text: `${group.text} [${architecture}]` }, { architecture, native }),
    );
    const possible = all.filter((requirement) => requirement.alternatives.some((list) => list.length > 0));
    if (possible.length === 0) return all.length === 0 ? [] : [{ text: group.text, alternatives: group.alternatives.map(() => []) }];
    return possible.filter((requirement, index) => !possible.slice(0, index).some((earlier) => sameCandidates(earlier, requirement)));
  }

  /** One requirement, or none where no alternative is for that architecture. */
  #required({ text, alternatives }: RelationGroup, asker: Asker): Requirement[] {
    const applying = alternatives.filter((relation) => relationApplies(relation, { architecture: asker.architecture, profiles: [] }));
    if (applying.length === 0) return [];
    return [{ text, alternatives: applying.map((relation) => this.index.satisfying(relation, asker)) }];
  }

  #source(candidate: AptCandidate): Requirement {
    const { name, version } = sourceOf(candidate);
    return { text: `source package ${name} (= ${version})`, alternatives: [this.index.sources(name, version)] };
  }
}

function sameCandidates(a: Requirement, b: Requirement): boolean {
  return a.alternatives.every((list, index) => {
    const other = b.alternatives[index] ?? [];
    return list.length === other.length && list.every((candidate, at) => candidate === other[at]);
  });
}
