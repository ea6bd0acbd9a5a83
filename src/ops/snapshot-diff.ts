import type { StoredPackage } from '../store/catalogue.ts';
import type { OperationContext } from './context.ts';
import { familyNamed } from './families.ts';
import { commonFamily } from './snapshot-create.ts';
import { storedSource } from './sources.ts';

/** How one package differs. */
export interface DifferenceRow {
  readonly name: string;
  readonly architecture: string;
  /** The version on the left, null where only the right has the package. */
  readonly left: string | null;
  /** The version on the right, null where only the left has the package. With the same version on both sides the files differ. */
  readonly right: string | null;
}

export interface DifferenceReport {
  readonly left: string;
  readonly right: string;
  /** By name, then architecture, then version. */
  readonly differences: readonly DifferenceRow[];
}

export interface DifferenceOptions {
  /** Only packages of which both sides have some version. */
  readonly onlyMatching?: boolean | undefined;
}

/** How two snapshots, mirrors, repos or publications differ. Throws NAME_UNKNOWN, NEVER_SYNCED, and USAGE when they are not of one family. */
export function diffSnapshots(
  left: string,
  right: string,
  context: OperationContext,
  { onlyMatching = false }: DifferenceOptions = {},
): DifferenceReport {
  const [first, second] = [storedSource(left, context), storedSource(right, context)];
  const { compareVersions } = familyNamed(commonFamily([first, second]));
  const { catalogue } = context;
  const rows = differences(catalogue.packages(first.contents.list.id), catalogue.packages(second.contents.list.id), compareVersions);
  return { left, right, differences: onlyMatching ? rows.filter((row) => row.left !== null && row.right !== null) : rows };
}

type Member = Pick<StoredPackage, 'id' | 'name' | 'version' | 'architecture'>;

/**
 * What one list has and the other has not. Versions of one name and architecture are set against each other, the newest of both sides
 * first; those left over are on one side alone.
 */
export function differences(
  left: Iterable<Member>,
  right: Iterable<Member>,
  compareVersions: (a: string, b: string) => number,
): DifferenceRow[] {
  const groups = new Map<string, { readonly left: Member[]; readonly right: Member[] }>();
  const note = (side: 'left' | 'right', { id, name, version, architecture }: Member): void => {
    const key = `${name}\n${architecture}`;
    const group = groups.get(key) ?? { left: [], right: [] };
    groups.set(key, group);
    group[side].push({ id, name, version, architecture });
  };
  for (const member of left) note('left', member);
  for (const member of right) note('right', member);
  return [...groups.keys()].sort().flatMap((key) => {
    const group = groups.get(key) ?? { left: [], right: [] };
    const onlyIn = (own: readonly Member[], other: readonly Member[]): Member[] => {
      const ids = new Set(other.map(({ id }) => id));
      return own.filter(({ id }) => !ids.has(id)).sort((a, b) => compareVersions(b.version, a.version) || a.id - b.id);
    };
    return paired(onlyIn(group.left, group.right), onlyIn(group.right, group.left)).reverse();
  });
}

/** Both newest first. */
function paired(left: readonly Member[], right: readonly Member[]): DifferenceRow[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
    const [a, b] = [left[index], right[index]];
    const { name = '', architecture = '' } = a ?? b ?? {};
    return { name, architecture, left: a?.version ?? null, right: b?.version ?? null };
  });
}
