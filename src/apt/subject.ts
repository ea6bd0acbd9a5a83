import type { QuerySubject } from '../query/subject.ts';
import { type AptCandidate, labelOf } from './candidate.ts';
import { type ProvidedName, parseProvides } from './format/relations.ts';
import { fieldOf } from './format/stanza.ts';
import { versionMatches } from './format/version.ts';

/**
 * What a query sees of a package: every field of its stanza, whatever the case of its name, and `Name` for what the stanza calls
 * `Package`. It satisfies a name by its own and by those that it provides; one provided without a version satisfies no relation.
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
    field: (name) => fieldOf(candidate.stanza, name.toLowerCase() === 'name' ? 'Package' : name),
    satisfies(name, relation, version) {
      const fits = (own: string | undefined): boolean => {
        if (relation === undefined || version === undefined) return true;
        return own !== undefined && versionMatches(own, relation, version);
      };
      return (candidate.name === name && fits(candidate.version)) || provides().some((other) => other.name === name && fits(other.version));
    },
  };
}
