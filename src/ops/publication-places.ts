import type { PublicationState } from '../store/catalogue.ts';
import type { TreeEntry } from '../store/generations.ts';

/** Where a publication is on the server. */
export type Place = Pick<PublicationState, 'path' | 'distribution'>;

/** Whether the one path of the server is the other, or is below it. */
export function isWithin(path: string, other: string): boolean {
  return `${trimmed(path)}/`.startsWith(`${trimmed(other)}/`);
}

/**
 * The first file of a publication that would be in a directory of another one: below the path of that, or where that has the metadata of its
 * distribution. An upstream whose own paths are kept could put files there that clients of the other one ask for. Of directories in each
 * other the inner one counts.
 */
export function entryAtPlaceOf(other: Place, entries: Iterable<TreeEntry>, own: Place): TreeEntry | undefined {
  const theirs = directoriesOf(other, own);
  const mine = directoriesOf(own, other);
  const base = trimmed(own.path);
  const longest = (directories: readonly string[], path: string): number =>
    Math.max(0, ...directories.filter((directory) => path.startsWith(directory)).map((directory) => directory.length));
  for (const entry of entries) {
    const path = `${base}/${entry.path}`;
    const depth = longest(theirs, path);
    if (depth > 0 && depth > longest(mine, path)) return entry;
  }
  return undefined;
}

function directoriesOf({ path, distribution }: Place, other: Place): string[] {
  const base = trimmed(path);
  const directories = trimmed(other.path) !== base && isWithin(path, other.path) ? [`${base}/`] : [];
  if (distribution !== undefined) directories.push(`${base}/dists/${distribution}/`);
  return directories;
}

function trimmed(path: string): string {
  return path === '/' ? '' : path;
}
