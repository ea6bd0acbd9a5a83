import type { Conflict } from '../../solve/universe.ts';
import { type AptCandidate, describeField } from '../candidate.ts';
import { isVersionWanted, type PackageRelation, parseRelations } from '../format/relations.ts';
import { fieldOf } from '../format/stanza.ts';
import { multiArch, type PackageIndex } from './package-index.ts';

/** Where packages are found by name. */
type NameIndex = Pick<PackageIndex, 'named' | 'providing'>;

const FIELDS = [
  ['Conflicts', 'conflicts with'],
  ['Breaks', 'breaks'],
] as const;

/**
 * What dpkg does not have installed together with a package (Debian policy 7.3 and 7.4, and the multiarch specification): what its Conflicts
 * and Breaks name, itself or by what it provides, of whatever architecture unless one is named; never packages of its own name, for
 * which there are rules of their own. Of one name and architecture there is one at a time; packages of one name and different architectures
 * must all be `Multi-Arch: same` and of equal versions. A package for all architectures counts as one of the machine's own, which is `native`,
 * or may be any where that is undefined. Throws METADATA_INVALID when a field cannot be read.
 */
export function conflictsOf(candidate: AptCandidate, index: NameIndex, native: string | undefined): Conflict<AptCandidate>[] {
  const conflicts: Conflict<AptCandidate>[] = [];
  for (const other of index.named(candidate.name)) {
    const text = other === candidate ? undefined : exclusionOf(candidate, other);
    if (text !== undefined) conflicts.push({ with: other, text });
  }
  for (const [field, verb] of FIELDS) {
    const text = fieldOf(candidate.stanza, field);
    if (text === undefined) continue;
    for (const group of parseRelations(text, describeField(candidate, field))) {
      for (const relation of group.alternatives) {
        for (const other of matching(relation, { candidate, native, index }))
          conflicts.push({ with: other, text: `${verb} ${group.text}` });
      }
    }
  }
  return conflicts;
}

/** Why two packages of one name cannot be there together; undefined when they can. */
function exclusionOf(one: AptCandidate, other: AptCandidate): string | undefined {
  if (one.architecture === other.architecture || one.architecture === 'all' || other.architecture === 'all') {
    return 'cannot be there together with another package of its name';
  }
  if (multiArch(one) !== 'same' || multiArch(other) !== 'same')
    return 'cannot be there for two architectures: not both are Multi-Arch: same';
  return one.version === other.version ? undefined : 'cannot be there in different versions for two architectures';
}

interface Stated {
  readonly candidate: AptCandidate;
  readonly native: string | undefined;
  readonly index: NameIndex;
}

function matching(relation: PackageRelation, { candidate, native, index }: Stated): ReadonlySet<AptCandidate> {
  const { name, qualifier } = relation;
  const machineOf = (architecture: string): string | undefined => (architecture === 'all' ? native : architecture);
  const only = qualifier === 'native' ? machineOf(candidate.architecture) : qualifier;
  const architectureFits = (architecture: string): boolean => {
    const own = machineOf(architecture);
    return only === undefined || only === 'any' || own === undefined || own === only;
  };
  const found = new Set<AptCandidate>();
  for (const other of index.named(name)) {
    if (isVersionWanted(relation, other.version) && architectureFits(other.architecture)) found.add(other);
  }
  for (const { candidate: other, version, qualifier: limit } of index.providing(name)) {
    if (isVersionWanted(relation, version) && architectureFits(limit ?? other.architecture)) found.add(other);
  }
  for (const other of index.named(candidate.name)) found.delete(other);
  return found;
}
