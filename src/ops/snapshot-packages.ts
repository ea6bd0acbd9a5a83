import type { Catalogue } from '../store/catalogue.ts';
import { familyNamed } from './families.ts';
import { snapshotNamed } from './snapshots.ts';

/** The packages of a snapshot as people name them, by name, then version in the family's order, then architecture. Throws NAME_UNKNOWN. */
export function snapshotPackages(name: string, catalogue: Catalogue | undefined): string[] {
  const { family, contents } = snapshotNamed(name, catalogue);
  const { compareVersions, label } = familyNamed(family);
  const packages = [...(catalogue?.packages(contents.list.id) ?? [])].map(({ name, version, architecture }) => ({
    name,
    version,
    architecture,
  }));
  const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
  packages.sort((a, b) => compare(a.name, b.name) || compareVersions(a.version, b.version) || compare(a.architecture, b.architecture));
  return packages.map((entry) => label(entry));
}
