import type { PublicationState } from '../store/catalogue.ts';
import type { TreeEntry } from '../store/generations.ts';
import type { Directory } from './directories.ts';

/** One publication as it is served: its state and one whole generation. */
export interface ServedPublication {
  readonly state: PublicationState;
  /** By path relative to the publication's root. */
  readonly entries: ReadonlyMap<string, TreeEntry>;
  /** A directory by its relative path, the root being the empty one. */
  directory(path: string): Directory | undefined;
  /** A file that only earlier generations have. */
  findEarlier(path: string): Promise<TreeEntry | undefined>;
}

/** Everything that is served, as of one moment. It never changes: a request is answered from one view. */
export interface View {
  /** Longest path first; those at the same path in the catalogue's order. */
  readonly publications: readonly ServedPublication[];
}

/** A view of the given publications. */
export function createView(publications: readonly ServedPublication[]): View {
  return { publications: [...publications].sort((a, b) => depth(b.state.path) - depth(a.state.path)) };
}

/** The publications under which a canonical path can be, each with the path relative to its root (empty for the root itself). */
export function publicationsAt(view: View, path: string): { readonly served: ServedPublication; readonly relative: string }[] {
  const found: { served: ServedPublication; relative: string }[] = [];
  for (const served of view.publications) {
    const relative = relativeTo(served.state.path, path);
    if (relative !== undefined) found.push({ served, relative });
  }
  return found;
}

/** What a directory of the server has, over all publications in and above it; undefined where there is no such directory. */
export function directoryAt(view: View, path: string): Directory | undefined {
  const directories = new Map<string, number>();
  const files = new Map<string, TreeEntry>();
  let exists = false;
  const addDirectory = (name: string, modified: number): void => {
    directories.set(name, Math.max(modified, directories.get(name) ?? 0));
  };
  for (const { served, relative } of publicationsAt(view, path)) {
    const part = served.directory(relative);
    if (part === undefined) continue;
    exists = true;
    for (const [name, modified] of part.directories) addDirectory(name, modified);
    for (const entry of part.files) {
      const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
      if (!files.has(name)) files.set(name, entry);
    }
  }
  for (const { state } of view.publications) {
    const below = relativeTo(path, state.path);
    if (below === undefined || below === '') continue;
    exists = true;
    const [name = ''] = below.split('/', 1);
    addDirectory(name, Math.floor(state.generation.publishedAt / 1000));
  }
  return exists ? { directories, files: [...files.values()] } : undefined;
}

/** The rest of `path` below `root`, both canonical; empty where they are the same, undefined where it is not below. */
function relativeTo(root: string, path: string): string | undefined {
  if (root === '/') return path.slice(1);
  if (path === root) return '';
  return path.startsWith(root) && path[root.length] === '/' ? path.slice(root.length + 1) : undefined;
}

function depth(path: string): number {
  return path === '/' ? 0 : path.split('/').length - 1;
}
