import type { TreeEntry } from '../store/generations.ts';

/** What is directly in one directory of a published tree. */
export interface Directory {
  /** Names of the directories in it, with the newest Last-Modified of anything below each, in seconds since 1970. */
  readonly directories: ReadonlyMap<string, number>;
  readonly files: readonly TreeEntry[];
}

interface GrowingDirectory {
  readonly directories: Map<string, number>;
  readonly files: TreeEntry[];
}

/** The directories of a tree, by their path relative to its root; the root is the empty path. Nothing is sorted. */
export function indexDirectories(entries: Iterable<TreeEntry>): ReadonlyMap<string, Directory> {
  const index = new Map<string, GrowingDirectory>();
  const at = (path: string): GrowingDirectory => {
    let directory = index.get(path);
    if (directory === undefined) {
      directory = { directories: new Map(), files: [] };
      index.set(path, directory);
    }
    return directory;
  };
  at('');
  for (const entry of entries) {
    let path = parentOf(entry.path);
    at(path).files.push(entry);
    while (path !== '') {
      const parent = parentOf(path);
      const name = path.slice(parent === '' ? 0 : parent.length + 1);
      const siblings = at(parent).directories;
      // Where the parent knows of something as new, everything above it does as well.
      if ((siblings.get(name) ?? -1) >= entry.modified) break;
      siblings.set(name, entry.modified);
      path = parent;
    }
  }
  return index;
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}
