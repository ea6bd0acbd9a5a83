import { type Compression, compressionOf } from '../codec/compression.ts';
import type { AptMirrorConfig } from '../config/schema.ts';
import { MirrorError } from '../core/errors.ts';
import { debianArchitecture } from './format/architecture.ts';
import type { Release, ReleaseFile } from './format/release.ts';
import { isFlat } from './urls.ts';

/** A compressed form of an index that the Release lists. */
export interface IndexVariant {
  /** Relative to the Release file. */
  readonly path: string;
  readonly file: ReleaseFile;
}

/** A Packages index that the configuration asks for. */
export interface WantedIndex {
  /** Its name without compression, relative to the Release file. */
  readonly path: string;
  readonly component: string;
  /** The forms that the Release lists, best first; at least one. */
  readonly variants: readonly IndexVariant[];
  /** What the Release says of it unpacked. */
  readonly unpacked: ReleaseFile | undefined;
}

/** The part of a mirror's configuration that decides which indexes are needed. */
export interface Selection {
  readonly suite: string;
  /** Undefined: all that the Release has. Always undefined for a flat repository. */
  readonly components: readonly string[] | undefined;
  readonly architectures: readonly string[];
}

/** From the best packed to the least, of those that are cheap to unpack. */
const PREFERENCE: readonly Compression[] = ['xz', 'zst', 'gz', 'bz2', 'lzma', 'none'];
const EXTENSIONS: Readonly<Record<Compression, string>> = { xz: '.xz', zst: '.zst', gz: '.gz', bz2: '.bz2', lzma: '.lzma', none: '' };

/** What a mirror is configured to take. Without `architectures` that is the architecture of this machine. */
export function selectionOf(config: AptMirrorConfig): Selection {
  return {
    suite: config.suite,
    components: isFlat(config.suite) ? undefined : config.components,
    architectures: config.architectures ?? [debianArchitecture(process.arch)],
  };
}

/**
 * The Packages indexes that are needed. Indexes for `all` are among them where they hold packages that the others lack; those that
 * the Release states to be empty are left out. Throws METADATA_INCOMPLETE with everything that is asked for and not there.
 */
export function chooseIndexes(release: Release, selection: Selection, what: string): WantedIndex[] {
  if (isFlat(selection.suite)) {
    const index = wantedIndex(release, 'Packages', '');
    if (index === undefined) throw new MirrorError('METADATA_INCOMPLETE', `${what} lists no Packages index`);
    return isEmpty(index) ? [] : [index];
  }
  const components = selection.components ?? release.components;
  if (components.length === 0) {
    throw new MirrorError('METADATA_INCOMPLETE', `${what} names no components`, { hint: 'Set `components` for this mirror.' });
  }
  const missing: string[] = [];
  const indexes: WantedIndex[] = [];
  for (const component of components) {
    for (const architecture of selection.architectures) {
      const index = findIndex(release, component, architecture);
      if (index !== undefined) indexes.push(index);
      else if (architecture !== 'all') missing.push(`${component}/binary-${architecture}`);
    }
    const all = release.allInEachIndex || selection.architectures.includes('all') ? undefined : findIndex(release, component, 'all');
    if (all !== undefined) indexes.push(all);
  }
  if (missing.length > 0) throw incomplete(release, missing, what);
  return indexes.filter((index) => !isEmpty(index));
}

/** Suites of security updates name components `updates/main`, whose indexes are under either name. */
function findIndex(release: Release, component: string, architecture: string): WantedIndex | undefined {
  const listed = release.components.filter((other) => other.endsWith(`/${component}`));
  for (const directory of [component, ...listed, component.slice(component.lastIndexOf('/') + 1)]) {
    const index = wantedIndex(release, `${directory}/binary-${architecture}/Packages`, component);
    if (index !== undefined) return index;
  }
  return undefined;
}

function wantedIndex(release: Release, path: string, component: string): WantedIndex | undefined {
  const variants: IndexVariant[] = [];
  for (const compression of PREFERENCE) {
    const variant = `${path}${EXTENSIONS[compression]}`;
    const file = release.files.get(variant);
    if (file !== undefined) variants.push({ path: variant, file });
  }
  return variants.length === 0 ? undefined : { path, component, variants, unpacked: release.files.get(path) };
}

function isEmpty(index: WantedIndex): boolean {
  return index.unpacked?.size === 0 || index.variants.every(({ path, file }) => compressionOf(path) === 'none' && file.size === 0);
}

function incomplete(release: Release, missing: readonly string[], what: string): MirrorError {
  const offered = `It has the components ${list(release.components)} and the architectures ${list(release.architectures)}.`;
  return new MirrorError('METADATA_INCOMPLETE', `${what} has no packages for ${missing.join(', ')}`, {
    hint: `${offered} Set \`components\` and \`architectures\` to some of these.`,
  });
}

function list(names: readonly string[]): string {
  return names.length === 0 ? '(none stated)' : names.join(', ');
}
