import type { QuerySubject } from '../query/subject.ts';
import { type AptCandidate, labelOf } from './candidate.ts';
import { type ProvidedName, parseProvides } from './format/relations.ts';
import { fieldOf } from './format/stanza.ts';
import { versionMatches } from './format/version.ts';

/**
 * What a query sees of a package: every field of its stanza, whatever the case of its name, `Name` for what the stanza calls `Package`,
 * and the special ones: `$Source` and `$SourceVersion` (empty for source packages) and `$PackageType` (deb, udeb or source).
 * It satisfies a name by its own and by those that it provides; one provided without a version satisfies no relation.
 */
export function packageSubject(candidate: AptCandidate): QuerySubject {
  let provided: readonly ProvidedName[] | undefined;
  const provides = (): readonly ProvidedName[] => {
    provided ??= parseProvides(
      fieldOf(candidate.stanza, 'Provides') ?? '',
      `mirror ${candidate.mirror}: the Provides of package ${labelOf(candidate)}`,
    );
    return provided;
  };
  return {
    name: candidate.name,
    version: candidate.version,
    architecture: candidate.architecture,
    field: (name) => queriedField(candidate, name),
    satisfies(name, relation, version) {
      const fits = (own: string | undefined): boolean => {
        if (relation === undefined || version === undefined) return true;
        return own !== undefined && versionMatches(own, relation, version);
      };
      return (candidate.name === name && fits(candidate.version)) || provides().some((other) => other.name === name && fits(other.version));
    },
  };
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
