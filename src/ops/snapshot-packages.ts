import { compareText } from '../core/order.ts';
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
  packages.sort(
    (a, b) => compareText(a.name, b.name) || compareVersions(a.version, b.version) || compareText(a.architecture, b.architecture),
  );
  return packages.map((entry) => label(entry));
}
