import { posix } from 'node:path';
import { MirrorError } from '../../core/errors.ts';
import { compareText } from '../../core/order.ts';
import type { Blob } from '../../store/blobs.ts';
import type { PackageFile, StoredPackage } from '../../store/catalogue.ts';
import { poolPath } from '../format/pool-path.ts';
import { compareVersions } from '../format/version.ts';

/** A source package at its place in a published archive. */
export interface PlacedSource {
  readonly stored: StoredPackage;
  /** Relative to the root of the publication. */
  readonly directory: string;
  /** The .dsc and the archives that it names. */
  readonly files: readonly { readonly path: string; readonly blob: Blob }[];
}

/**
 * Gives every source package of a component its directory in the pool, in the order of a Sources index: by name, newest version first.
 * Versions share the directory and the files that they have in common; one that has another file of the same name as a newer one is
 * put into a directory named after its version. Throws PACKAGE_CONFLICT for two different packages of one name and version, and PATH_UNSAFE.
 */
export function placeSources(component: string, sources: readonly StoredPackage[]): PlacedSource[] {
  const sorted = [...sources].sort((a, b) => compareText(a.name, b.name) || compareVersions(b.version, a.version) || a.id - b.id);
  const taken = new Map<string, string>();
  const placed: PlacedSource[] = [];
  let previous: StoredPackage | undefined;
  for (const stored of sorted) {
    if (previous?.name === stored.name && previous.version === stored.version) {
      if (previous.sha256 === stored.sha256) continue;
      throw new MirrorError(
        'PACKAGE_CONFLICT',
        `component ${component} would have two different source packages ${stored.name} ${stored.version}`,
        { hint: 'Leave one of the sources out, or put them into different components.' },
      );
    }
    previous = stored;
    const files = filesOf(stored);
    const usual = posix.dirname(poolPath({ component, name: stored.name, source: undefined, file: files[0]?.name ?? '' }));
    const fits = files.every(({ name, sha256 }) => (taken.get(`${usual}/${name}`) ?? sha256) === sha256);
    const directory = fits ? usual : `${usual}/${stored.version.replaceAll(':', '%3a')}`;
    const linked = files.map(({ name, sha256, size }) => ({ path: `${directory}/${name}`, blob: { sha256, size } }));
    for (const { path, blob } of linked) taken.set(path, blob.sha256);
    placed.push({ stored, directory, files: linked });
  }
  return placed;
}

function filesOf({ location, sha256, size, files = [] }: StoredPackage): PackageFile[] {
  return [{ name: posix.basename(location), sha256, size }, ...files];
}
