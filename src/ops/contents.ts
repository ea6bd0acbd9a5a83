import { compareText } from '../core/order.ts';
import type { Contents, PackageList, PublicKey, Supplement } from '../store/catalogue.ts';

/** A list whose packages come from several places: what holds for all of these, and whatever any of them has besides packages. */
export function combinedContents(list: PackageList, sources: readonly Omit<Contents, 'list'>[]): Contents {
  return { list, ...combinedOrigins(sources) };
}

/** The same without the list. */
export function combinedOrigins(sources: readonly Omit<Contents, 'list'>[]): Omit<Contents, 'list'> {
  const weak = [...new Set(sources.flatMap(({ checked }) => checked.weak ?? []))].sort();
  return {
    supplements: combinedSupplements(sources),
    checked: {
      metadata: sources.every(({ checked }) => checked.metadata),
      packages: sources.length > 0 && sources.every(({ checked }) => checked.packages),
      ...(weak.length === 0 ? {} : { weak }),
    },
    keys: combinedKeys(sources),
  };
}

/** What several lists have besides packages, each once. */
export function combinedSupplements(sources: readonly Pick<Contents, 'supplements'>[]): Supplement[] {
  const byPlace = new Map<string, Supplement>();
  for (const { supplements } of sources) {
    for (const supplement of supplements)
      byPlace.set(`${supplement.kind} ${supplement.mirror} ${supplement.path} ${supplement.sha256}`, supplement);
  }
  return [...byPlace.values()];
}

/** The keys that several lists were checked against, each once, by fingerprint. */
export function combinedKeys(sources: readonly Pick<Contents, 'keys'>[]): PublicKey[] {
  const keys = new Map(sources.flatMap((source) => source.keys).map((key) => [key.fingerprint, key]));
  return [...keys.values()].sort((a, b) => compareText(a.fingerprint, b.fingerprint));
}
