import { type Compression, compressionOf, extensionOf } from '../../codec/compression.ts';
import type { Release, ReleaseFile } from '../format/release.ts';

/** A compressed form of an index that the Release lists. */
export interface IndexVariant {
  /** Relative to the Release file. */
  readonly path: string;
  readonly file: ReleaseFile;
}

/** What an index holds: packages, or one of the kinds of supplements. `index` is one that is only published again as it is. */
export type IndexKind = 'packages' | 'sources' | 'translation' | 'contents' | 'dep11' | 'icons' | 'cnf' | 'index';

/** An index that the configuration asks for. */
export interface WantedIndex {
  readonly kind: IndexKind;
  /** Its name without compression, relative to the Release file. */
  readonly path: string;
  /** Of the upstream; empty for a flat repository, undefined for an index of all components. */
  readonly component: string | undefined;
  /** The forms that the Release lists, best first; at least one. */
  readonly variants: readonly IndexVariant[];
  /** What the Release says of it unpacked. */
  readonly unpacked: ReleaseFile | undefined;
}

/** From the best packed to the least, of those that are cheap to unpack. */
const PREFERENCE: readonly Compression[] = ['xz', 'zst', 'gz', 'bz2', 'lzma', 'none'];

/** The names that an index may have in its compressed forms, best first. */
export function formsOf(path: string): string[] {
  return PREFERENCE.map((compression) => `${path}${extensionOf(compression)}`);
}

/** The index in the forms that the Release lists; undefined when it lists none. */
export function listedIndex(release: Release, index: Pick<WantedIndex, 'kind' | 'path' | 'component'>): WantedIndex | undefined {
  const variants: IndexVariant[] = [];
  for (const path of formsOf(index.path)) {
    const file = release.files.get(path);
    if (file !== undefined) variants.push({ path, file });
  }
  return variants.length === 0 ? undefined : { ...index, variants, unpacked: release.files.get(index.path) };
}

/** Whether the Release states that the index is empty. */
export function isEmptyIndex({ unpacked, variants }: WantedIndex): boolean {
  return unpacked?.size === 0 || variants.every(({ path, file }) => compressionOf(path) === 'none' && file.size === 0);
}

/** The directories in which the indexes of a component may be: suites of security updates have them under `main` or under `updates/main`. */
export function directoriesOf(release: Release, component: string): string[] {
  const listed = release.components.filter((other) => other.endsWith(`/${component}`));
  return [...new Set([component, ...listed, component.slice(component.lastIndexOf('/') + 1)])];
}

/** An index of a component, in the first of the component's directories where the Release lists it. */
export function listedInComponent(
  release: Release,
  index: Pick<WantedIndex, 'kind' | 'path'> & { readonly component: string },
): WantedIndex | undefined {
  for (const directory of directoriesOf(release, index.component)) {
    const found = listedIndex(release, { ...index, path: `${directory}/${index.path}` });
    if (found !== undefined) return found;
  }
  return undefined;
}
