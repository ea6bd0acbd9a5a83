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
  const merged = new Map<string, Map<string, StoredPackage>>();
  for (const list of lists) {
    const ofThisList = new Set<string>();
    for (const entry of list) {
      const key = `${entry.name}\n${entry.architecture}`;
      let versions = merged.get(key);
      if (versions === undefined || (rule === 'replace' && !ofThisList.has(key))) {
        versions = new Map();
        merged.set(key, versions);
      }
      ofThisList.add(key);
      versions.set(entry.version, entry);
    }
  }
  const result: StoredPackage[] = [];
  for (const key of [...merged.keys()].sort()) {
    const versions = [...(merged.get(key)?.values() ?? [])].sort((a, b) => compareVersions(a.version, b.version) || a.id - b.id);
    if (rule === 'latest') result.push(...versions.slice(-1));
    else result.push(...versions);
  }
  return result;
}
