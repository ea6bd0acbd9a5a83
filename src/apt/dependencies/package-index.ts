import { MultiMap } from '../../core/multi-map.ts';
import { type AptCandidate, describeField, isSourcePackage, providesOf } from '../candidate.ts';
import { isVersionWanted, type PackageRelation, type ProvidedName, parseProvides } from '../format/relations.ts';
import { fieldOf } from '../format/stanza.ts';
import { compareVersions } from '../format/version.ts';
import { createPreference, type Preference } from './preference.ts';

/** A package under a name that it provides. */
export interface Provider extends Omit<ProvidedName, 'name'> {
  readonly candidate: AptCandidate;
}

/** Who asks. */
export interface Asker {
  /** Of the package that asks; for one for all architectures that of the machine. */
  readonly architecture: string;
  /** The machine's, where that is known: packages for all architectures count as its own then, and else as everybody's. */
  readonly native: string | undefined;
}

/** Packages by name, by what they provide, and by source. Source packages are no packages to depend on and are kept apart. */
export interface PackageIndex {
  /** The architectures that there are packages for, sorted; neither `all` nor `source`. */
  readonly architectures: readonly string[];
  readonly preference: Preference;
  /** Binary packages of that name. */
  named(name: string): readonly AptCandidate[];
  /** Binary packages that provide the name. */
  providing(name: string): readonly Provider[];
  /** Source packages of that name and version. */
  sources(name: string, version: string): readonly AptCandidate[];
  /**
   * What satisfies a relation, by the rules of apt (Debian policy 7 and the multiarch specification), best first: packages of the name
   * itself go before those that provide it.
   */
  satisfying(relation: PackageRelation, asker: Asker): AptCandidate[];
}

/** Throws METADATA_INVALID when the Provides of a package cannot be read. */
export function indexPackages(candidates: readonly AptCandidate[]): PackageIndex {
  const own = new MultiMap<string, AptCandidate>();
  const providers = new MultiMap<string, Provider>();
  const sources = new MultiMap<string, AptCandidate>();
  const architectures = new Set<string>();
  for (const candidate of candidates) {
    if (isSourcePackage(candidate)) {
      sources.add(candidate.name, candidate);
      continue;
    }
    if (candidate.architecture !== 'all') architectures.add(candidate.architecture);
    own.add(candidate.name, candidate);
    const provides = providesOf(candidate);
    if (provides === undefined) continue;
    for (const { name, version, qualifier } of parseProvides(provides, describeField(candidate, 'Provides'))) {
      providers.add(name, { candidate, version, qualifier });
    }
  }
  const preference = createPreference(candidates);
  const named = (name: string): readonly AptCandidate[] => own.get(name);
  const providing = (name: string): readonly Provider[] => providers.get(name);
  return {
    architectures: [...architectures].sort(),
    preference,
    named,
    providing,
    sources: (name, version) => sources.get(name).filter((source) => compareVersions(source.version, version) === 0),
    satisfying(relation, asker) {
      const real = named(relation.name).filter(
        (candidate) => isVersionWanted(relation, candidate.version) && architectureFits(relation, candidate, asker),
      );
      const provided = providing(relation.name).filter(
        (provider) =>
          isVersionWanted(relation, provider.version) &&
          (provider.qualifier === undefined
            ? architectureFits(relation, provider.candidate, asker)
            : provider.qualifier === wantedArchitecture(relation, asker)),
      );
      const reals = preference.versions(real, asker.architecture);
      if (provided.length === 0) return reals;
      const virtual = provided.map(({ candidate }) => candidate);
      return [...new Set([...reals, ...preference.providers(virtual, asker.architecture)])];
    },
  };
}

function architectureFits(relation: PackageRelation, candidate: AptCandidate, asker: Asker): boolean {
  if (relation.qualifier === 'any') return multiArch(candidate) === 'allowed';
  const wanted = wantedArchitecture(relation, asker);
  const own = candidate.architecture === 'all' ? (asker.native ?? wanted) : candidate.architecture;
  return own === wanted || (relation.qualifier === undefined && multiArch(candidate) === 'foreign');
}

function wantedArchitecture({ qualifier }: PackageRelation, { architecture, native }: Asker): string {
  if (qualifier === undefined) return architecture;
  return qualifier === 'native' ? (native ?? architecture) : qualifier;
}

/** The value of Multi-Arch in lower case. */
export function multiArch({ stanza }: AptCandidate): string | undefined {
  return fieldOf(stanza, 'Multi-Arch')?.toLowerCase();
}
