import type { QuerySubject, Relation } from '../query/subject.ts';
import { type AptCandidate, describeField, isInstallerPackage, isSourcePackage, providesOf } from './candidate.ts';
import { isVersionWanted, type ProvidedName, parseProvides } from './format/relations.ts';
import { fieldOf } from './format/stanza.ts';
import { sourceOf } from './source-candidate.ts';

/**
 * What a query sees of a package: every field of its stanza, whatever the case of its name, `Name` for what the stanza calls `Package`,
 * and the special ones: `$Source` and `$SourceVersion` (empty for source packages) and `$PackageType` (deb, udeb or source).
 * It satisfies a name by its own and by those that it provides; one provided without a version satisfies no relation.
 */
export function packageSubject(candidate: AptCandidate): QuerySubject {
  const { name, version, architecture } = candidate;
  return {
    name,
    version,
    architecture,
    field: (field) => queriedField(candidate, field),
    satisfiesAny: (names) => names.has(name) || providedNames(candidate).some((provided) => names.has(provided.name)),
    satisfies: (wanted, relation, of) => satisfies(candidate, { name: wanted, relation, version: of }),
  };
}

interface Wanted {
  readonly name: string;
  readonly relation: Relation | undefined;
  readonly version: string | undefined;
}

function satisfies(candidate: AptCandidate, wanted: Wanted): boolean {
  if (candidate.name === wanted.name && isVersionWanted(wanted, candidate.version)) return true;
  if (providesOf(candidate)?.includes(wanted.name) !== true) return false;
  return providedNames(candidate).some(({ name, version }) => name === wanted.name && isVersionWanted(wanted, version));
}

function providedNames(candidate: AptCandidate): readonly ProvidedName[] {
  const stated = providesOf(candidate);
  return stated === undefined ? [] : parseProvides(stated, describeField(candidate, 'Provides'));
}

function queriedField(candidate: AptCandidate, name: string): string | undefined {
  switch (name) {
    case '$Source':
      return isSourcePackage(candidate) ? '' : sourceOf(candidate).name;
    case '$SourceVersion':
      return isSourcePackage(candidate) ? '' : sourceOf(candidate).version;
    case '$PackageType':
      if (isSourcePackage(candidate)) return 'source';
      return isInstallerPackage(candidate) ? 'udeb' : 'deb';
    default:
      return fieldOf(candidate.stanza, name.toLowerCase() === 'name' ? 'Package' : name);
  }
}
