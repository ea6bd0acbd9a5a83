import type { QuerySubject, Relation } from '../query/subject.ts';
import { type AptCandidate, labelOf, providesOf } from './candidate.ts';
import { type ProvidedName, parseProvides } from './format/relations.ts';
import { fieldOf } from './format/stanza.ts';
import { versionMatches } from './format/version.ts';

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

function satisfies(candidate: AptCandidate, { name, relation, version }: Wanted): boolean {
  const fits = (own: string | undefined): boolean => {
    if (relation === undefined || version === undefined) return true;
    return own !== undefined && versionMatches(own, relation, version);
  };
  if (candidate.name === name && fits(candidate.version)) return true;
  if (providesOf(candidate)?.includes(name) !== true) return false;
  return providedNames(candidate).some((other) => other.name === name && fits(other.version));
}

function providedNames(candidate: AptCandidate): readonly ProvidedName[] {
  const stated = providesOf(candidate);
  return stated === undefined ? [] : parseProvides(stated, `mirror ${candidate.mirror}: the Provides of package ${labelOf(candidate)}`);
}

function queriedField(candidate: AptCandidate, name: string): string | undefined {
  switch (name) {
    case '$Source':
      return candidate.architecture === 'source' ? '' : (statedSource(candidate)?.name ?? candidate.name);
    case '$SourceVersion':
      return candidate.architecture === 'source' ? '' : (statedSource(candidate)?.version ?? candidate.version);
    case '$PackageType':
      if (candidate.architecture === 'source') return 'source';
      return candidate.location.endsWith('.udeb') ? 'udeb' : 'deb';
    default:
      return fieldOf(candidate.stanza, name.toLowerCase() === 'name' ? 'Package' : name);
  }
}

/** `Source: name` or `Source: name (version)`, which is there where they are not the package's own. */
function statedSource(candidate: AptCandidate): { readonly name: string; readonly version: string | undefined } | undefined {
  const [, name, version] = /^(\S+)(?:\s*\(([^)]*)\))?/.exec(fieldOf(candidate.stanza, 'Source') ?? '') ?? [];
  return name === undefined ? undefined : { name, version };
}
