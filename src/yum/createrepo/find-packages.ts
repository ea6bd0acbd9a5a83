import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { reasonOf } from '../../core/errors.ts';
import { excludePattern } from './exclude-pattern.ts';
import { comparePackagePaths, type PackagePath } from './package-path.ts';

/** What stands for a name that is not in UTF-8. */
const REPLACEMENT = '\ufffd';
/** What XML cannot hold, whatever it is written as. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NOT_IN_XML = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
/** Files that are merged into the metadata of modules. */
const MODULES = /modules\.yaml|\.modulemd(?:-defaults)?\.yaml/;

export interface FindOptions {
  /** `--excludes`: of the names of files and directories, or of whole paths. */
  readonly excludes: readonly string[];
  readonly skipSymlinks: boolean;
  /** Only these, relative to the directory; undefined for all that are found. */
  readonly only: readonly string[] | undefined;
  /** Told of each package that is found. */
  readonly found?: ((count: number) => void) | undefined;
}

export interface Found {
  /** In the order of metadata. */
  readonly packages: readonly PackagePath[];
  /** Files with metadata of modules, absolute, sorted. */
  readonly modules: readonly string[];
  /** What could not be looked at, and why. */
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
}

/**
 * Finds the package files in a directory and below it, as createrepo_c does: whatever ends in `.rpm`; links to files and directories are followed, unless a
 * directory leads back to one above it. Throws what the system says of the directory itself.
 */
export function findPackages(directory: string, options: FindOptions): Found {
  const walk = new Walk(options);
  if (options.only === undefined) walk.visit({ directory, below: '', above: [realpathSync(directory)] });
  else walk.takeOnly(directory, options.only);
  const { modules, packages, unreadable } = walk;
  return { packages: [...packages.values()].sort(comparePackagePaths), modules: modules.sort(), unreadable };
}

interface Place {
  /** As it is opened. */
  readonly directory: string;
  /** Relative to the directory of packages; empty for itself. */
  readonly below: string;
  /** The real paths of it and of those above it. */
  readonly above: readonly string[];
}

class Walk {
  /** By relative path. */
  readonly packages = new Map<string, PackagePath>();
  readonly modules: string[] = [];
  readonly unreadable: { file: string; reason: string }[] = [];
  readonly #patterns: readonly RegExp[];
  readonly #skipSymlinks: boolean;
  readonly #found: ((count: number) => void) | undefined;

  constructor({ excludes, skipSymlinks, found }: FindOptions) {
    this.#found = found;
    this.#patterns = excludes.map(excludePattern);
    this.#skipSymlinks = skipSymlinks;
  }

  visit(place: Place): void {
    for (const entry of this.#entries(place)) {
      const path = place.below === '' ? entry.name : `${place.below}/${entry.name}`;
      if (this.#isExcluded(entry.name, path)) continue;
      const file = `${place.directory}/${entry.name}`;
      const kind = this.#kindOf(entry, file);
      if (kind === 'directory') this.#descend(place, entry, path);
      else if (kind === 'file') this.#take(entry, file, path);
    }
  }

  takeOnly(directory: string, paths: readonly string[]): void {
    for (const path of paths) {
      const file = resolve(directory, path);
      const inside = relative(directory, file);
      if (this.#isExcluded(inside.slice(inside.lastIndexOf('/') + 1), inside)) continue;
      if (path.includes('://')) this.unreadable.push({ file: path, reason: 'packages are taken from files, and not from addresses' });
      else if (inside.startsWith('../')) this.unreadable.push({ file, reason: `it is not in ${directory}` });
      else this.#add({ file, relative: inside });
    }
  }

  #add(found: PackagePath): void {
    const { file, relative: path } = found;
    if (path.includes(REPLACEMENT)) this.unreadable.push({ file, reason: 'its name is not in UTF-8' });
    else if (NOT_IN_XML.test(path)) this.unreadable.push({ file, reason: 'its name has control characters, which metadata cannot hold' });
    else this.packages.set(path, found);
  }

  #entries({ directory, below }: Place): Dirent[] {
    try {
      return readdirSync(directory, { withFileTypes: true });
    } catch (error) {
      if (below === '') throw error;
      this.unreadable.push({ file: directory, reason: reasonOf(error) });
      return [];
    }
  }

  #isExcluded(name: string, path: string): boolean {
    return this.#patterns.some((pattern) => pattern.test(name) || pattern.test(path));
  }

  #descend(place: Place, entry: Dirent, below: string): void {
    const directory = `${place.directory}/${entry.name}`;
    const real = entry.isSymbolicLink() ? realpathSync(directory) : join(place.above.at(-1) ?? place.directory, entry.name);
    if (!place.above.includes(real)) this.visit({ directory, below, above: [...place.above, real] });
  }

  #take(entry: Dirent, file: string, path: string): void {
    if (MODULES.test(path) && !path.startsWith('repodata/')) this.modules.push(file);
    if (!entry.name.endsWith('.rpm') || (this.#skipSymlinks && entry.isSymbolicLink())) return;
    this.#add({ file, relative: path });
    this.#found?.(this.packages.size);
  }

  /** Undefined for what is neither file nor directory, and for links that lead nowhere, which are reported where they are packages. */
  #kindOf(entry: Dirent, file: string): 'file' | 'directory' | undefined {
    if (entry.isFile()) return 'file';
    if (entry.isDirectory()) return 'directory';
    if (!entry.isSymbolicLink()) return undefined;
    try {
      const target = statSync(file);
      if (target.isDirectory()) return 'directory';
      return target.isFile() ? 'file' : undefined;
    } catch (error) {
      if (entry.name.endsWith('.rpm')) this.unreadable.push({ file, reason: reasonOf(error) });
      return undefined;
    }
  }
}
