import { MirrorError } from '../../core/errors.ts';
import { compareText } from '../../core/order.ts';
import type { PublishedComponent } from '../../family/family.ts';
import type { StoredPackage } from '../../store/catalogue.ts';
import { isInstallerPackage } from '../candidate.ts';
import { isPackageName, poolPath, poolPrefix } from '../format/pool-path.ts';
import { parseSourceField } from '../format/source-field.ts';
import { fieldOf } from '../format/stanza.ts';
import { compareVersions } from '../format/version.ts';

/** A package at its place in a published archive. */
export interface PlacedPackage {
  readonly stored: StoredPackage;
  /** Relative to the root of the publication. */
  readonly path: string;
}

/**
 * Gives every package of a component its path in the pool, in the order of a Packages index: by name, newest version first, then
 * architecture. A package that is there twice with the same file is taken once. The file keeps the upstream's name; where two
 * packages would get the same, as they may when only epochs differ, the later one is named after its full version.
 * Throws PACKAGE_CONFLICT for two different files of the same name, version and architecture, and PATH_UNSAFE.
 */
export function placePackages(component: PublishedComponent): PlacedPackage[] {
  const sorted = [...component.packages].sort(
    (a, b) =>
      compareText(a.name, b.name) || compareVersions(b.version, a.version) || compareText(a.architecture, b.architecture) || a.id - b.id,
  );
  const placed: PlacedPackage[] = [];
  const taken = new Map<string, string>();
  let previous: StoredPackage | undefined;
  for (const stored of sorted) {
    if (previous !== undefined && isSamePackage(previous, stored)) {
      if (previous.sha256 === stored.sha256) continue;
      throw new MirrorError(
        'PACKAGE_CONFLICT',
        `component ${component.name} would have two different files of package ${stored.name}_${stored.version}_${stored.architecture}`,
        { hint: 'Leave one of the sources out, or put them into different components.' },
      );
    }
    previous = stored;
    const path = pathOf(component.name, stored, taken);
    taken.set(path, stored.sha256);
    placed.push({ stored, path });
  }
  return placed;
}

function pathOf(component: string, stored: StoredPackage, taken: ReadonlyMap<string, string>): string {
  const source = sourceOf(stored);
  const place = (file: string): string => poolPath({ component, name: stored.name, source, file });
  const extension = isInstallerPackage(stored) ? 'udeb' : 'deb';
  const named = (version: string): string => `${stored.name}_${version.replaceAll(':', '%3a')}_${stored.architecture}.${extension}`;
  const free = (path: string): boolean => (taken.get(path) ?? stored.sha256) === stored.sha256;
  const path = place(stored.location.slice(stored.location.lastIndexOf('/') + 1));
  if (free(path)) return path;
  const full = place(named(stored.version));
  // No epoch is epoch 0, and the name without it is taken by the same version of another.
  return free(full) ? full : place(named(`0:${stored.version}`));
}

/** A file in a pool as Debian has it: the name of the source package is that of its directory, after its first letters. */
const USUAL_LOCATION = /^pool\/[^/]+\/(lib[^/]|[^/])\/([^/]+)\/[^/]+$/;

/**
 * The source package, as the location of the file says it, or else the record. Some vendors put an address there, or several words, which
 * hinders no client: the package is its own source then.
 */
function sourceOf(stored: StoredPackage): string | undefined {
  const [, prefix = '', source] = USUAL_LOCATION.exec(stored.location) ?? [];
  if (source !== undefined && isPackageName(source) && prefix === poolPrefix(source)) return source;
  const stated = parseSourceField(fieldOf(stored.record, 'Source'))?.name;
  return stated !== undefined && isPackageName(stated) ? stated : undefined;
}

function isSamePackage(a: StoredPackage, b: StoredPackage): boolean {
  return a.name === b.name && a.version === b.version && a.architecture === b.architecture;
}
