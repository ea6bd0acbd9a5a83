import { compareText } from '../../core/order.ts';
import type { CreaterepoReport, Duplicate } from './options.ts';
import type { ReadPackage } from './segment.ts';

/** Finds packages of one name and version, and files of one content, that are listed more than once. */
export interface Duplicates {
  add(entry: ReadPackage): void;
  found(): CreaterepoReport['duplicates'];
}

/** Holds two short texts for each package. */
export function createDuplicates(): Duplicates {
  const byName = createIndex();
  const byContent = createIndex();
  return {
    add({ href, id, nevra }) {
      byName.add(nevra, href);
      byContent.add(id, href);
    },
    found: () => ({ sameName: byName.repeated(), sameContent: byContent.repeated() }),
  };
}

function createIndex(): { add(key: string, path: string): void; repeated(): Duplicate[] } {
  const first = new Map<string, string>();
  const repeated = new Map<string, string[]>();
  return {
    add(key, path) {
      const known = first.get(key);
      if (known === undefined) first.set(key, path);
      else repeated.set(key, [...(repeated.get(key) ?? [known]), path]);
    },
    repeated: () =>
      [...repeated].sort(([a], [b]) => compareText(a, b)).map(([key, paths]) => ({ key, paths: paths.toSorted(compareText) })),
  };
}
