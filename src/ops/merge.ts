import type { PublicationConfig } from '../config/schema.ts';
import type { StoredPackage } from '../store/catalogue.ts';

/**
 * Several lists of packages as one, the later lists over the earlier.
 * `replace`: a package of a later list replaces every version of the same name and architecture from earlier lists.
 * `latest`: of each name and architecture only the newest version stays. `keepAll`: every version stays.
 * In all of them, of two packages with one name, version and architecture the one of the later list stays.
 * The result is sorted by name, then architecture, then version.
 */
export function mergePackages(
  lists: readonly (readonly StoredPackage[])[],
  rule: PublicationConfig['merge'],
  compareVersions: (a: string, b: string) => number,
): StoredPackage[] {
  const [only = []] = lists;
  if (lists.length <= 1 && areDistinct(only)) return [...only];
  const merged = new Map<string, Versions>();
  for (const [number, list] of lists.entries()) {
    for (const entry of list) {
      const key = `${entry.name}\n${entry.architecture}`;
      const before = merged.get(key);
      if (before === undefined || (rule === 'replace' && before.list !== number)) {
        merged.set(key, { list: number, first: entry, all: undefined });
        continue;
      }
      before.list = number;
      before.all ??= new Map([[before.first.version, before.first]]);
      before.all.set(entry.version, entry);
    }
  }
  const result: StoredPackage[] = [];
  for (const key of [...merged.keys()].sort()) {
    const versions = merged.get(key);
    if (versions === undefined) continue;
    if (versions.all === undefined) {
      result.push(versions.first);
      continue;
    }
    const sorted = [...versions.all.values()].sort((a, b) => compareVersions(a.version, b.version) || a.id - b.id);
    if (rule === 'latest') result.push(...sorted.slice(-1));
    else result.push(...sorted);
  }
  return result;
}

/** The packages of one name and architecture. */
interface Versions {
  /** The number of the list that the last of them is from. */
  list: number;
  readonly first: StoredPackage;
  /** By version, where there is more than one package. */
  all: Map<string, StoredPackage> | undefined;
}

/** Whether the packages are sorted by name, then architecture, and there is only one of each: as nearly every mirror has them. */
function areDistinct(packages: readonly StoredPackage[]): boolean {
  return packages.every((entry, index) => {
    const before = packages[index - 1];
    return before === undefined || before.name < entry.name || (before.name === entry.name && before.architecture < entry.architecture);
  });
}
