import { posix } from 'node:path';
import { MirrorError } from '../../core/errors.ts';
import type { Release } from '../format/release.ts';
import { isFlat } from '../urls.ts';
import { isEmptyIndex, listedInComponent, listedIndex, type WantedIndex } from './listed-index.ts';
import type { Selection } from './selection.ts';

/** Indexes that were found, and where some are missing. */
interface Choice {
  readonly indexes: readonly WantedIndex[];
  readonly missing: readonly string[];
}

/**
 * The indexes of packages that are needed: of binary packages, and where they are asked for of source packages and of the installer's packages.
 * Indexes for `all` are among them where they hold packages that the others lack; those that the Release states to be empty are left out,
 * unless everything is to be published as it is. Throws METADATA_INCOMPLETE with everything that is asked for and not there.
 */
export function chooseIndexes(release: Release, selection: Selection, what: string): WantedIndex[] {
  const components = componentsOf(release, selection, what);
  const { indexes, missing } = isFlat(selection.suite)
    ? flatIndexes(release, selection)
    : joined([
        ...components.map((component) => componentIndexes(release, selection, component)),
        ...(selection.udebs ? [installerPackages(release, selection, components)] : []),
      ]);
  if (missing.length > 0) throw incomplete(release, { selection, missing, what });
  return selection.verbatim ? [...indexes] : indexes.filter((index) => !isEmptyIndex(index));
}

/** The components that are mirrored. Throws METADATA_INCOMPLETE when neither the configuration nor the Release names any. */
export function componentsOf(release: Release, selection: Selection, what: string): readonly string[] {
  if (isFlat(selection.suite)) return [''];
  const components = selection.components ?? release.components;
  if (components.length === 0) {
    throw new MirrorError('METADATA_INCOMPLETE', `${what} names no components`, { hint: 'Set `components` for this mirror.' });
  }
  return components;
}

/** Small files beside indexes that say which they are; nothing needs them, but a copy that is to be the same has them. */
export function chooseDescriptions(release: Release, indexes: readonly WantedIndex[]): WantedIndex[] {
  return indexes.flatMap(({ path, component }) => {
    const description = `${posix.dirname(path)}/Release`;
    return listedIndex(release, { kind: 'index', path: description, component }) ?? [];
  });
}

function joined(choices: readonly Choice[]): Choice {
  return { indexes: choices.flatMap(({ indexes }) => indexes), missing: choices.flatMap(({ missing }) => missing) };
}

function flatIndexes(release: Release, { sources }: Selection): Choice {
  const wanted = [{ kind: 'packages', path: 'Packages' } as const, ...(sources ? [{ kind: 'sources', path: 'Sources' } as const] : [])];
  return joined(
    wanted.map((index) => {
      const found = listedIndex(release, { ...index, component: '' });
      return found === undefined ? { indexes: [], missing: [index.path] } : { indexes: [found], missing: [] };
    }),
  );
}

function componentIndexes(release: Release, selection: Selection, component: string): Choice {
  const binary = binaryIndexes(release, selection, { component, section: '' });
  const missing = binary.missing.map((directory) => `${component}/${directory}`);
  if (!selection.sources) return { ...binary, missing };
  const sources = listedInComponent(release, { kind: 'sources', path: 'source/Sources', component });
  if (sources === undefined) return { ...binary, missing: [...missing, `${component}/source`] };
  return { indexes: [...binary.indexes, sources], missing };
}

/** Not every component has packages for the installer, but one must have them. */
function installerPackages(release: Release, selection: Selection, components: readonly string[]): Choice {
  const found = components.map((component) => binaryIndexes(release, selection, { component, section: 'debian-installer/' }));
  const nowhere = found[0]?.missing.filter((directory) => found.every(({ missing }) => missing.includes(directory))) ?? [];
  return { indexes: found.flatMap(({ indexes }) => indexes), missing: nowhere.map((directory) => `${components[0]}/${directory}`) };
}

function binaryIndexes(
  release: Release,
  { architectures }: Selection,
  { component, section }: { readonly component: string; readonly section: string },
): Choice {
  const find = (architecture: string): WantedIndex | undefined =>
    listedInComponent(release, { kind: 'packages', path: `${section}binary-${architecture}/Packages`, component });
  const indexes: WantedIndex[] = [];
  const missing: string[] = [];
  for (const architecture of architectures) {
    const index = find(architecture);
    if (index !== undefined) indexes.push(index);
    else if (architecture !== 'all') missing.push(`${section}binary-${architecture}`);
  }
  const all = release.allInEachIndex || architectures.includes('all') ? undefined : find('all');
  if (all !== undefined) indexes.push(all);
  return { indexes, missing };
}

interface Lack {
  readonly selection: Selection;
  readonly missing: readonly string[];
  readonly what: string;
}

function incomplete(release: Release, { selection, missing, what }: Lack): MirrorError {
  if (isFlat(selection.suite)) {
    return new MirrorError('METADATA_INCOMPLETE', `${what} lists no ${missing.join(' and no ')} index`, {
      hint: 'A flat repository whose Release does not list its indexes cannot be verified: only `verify: []` takes it.',
    });
  }
  const offered = `It has the components ${list(release.components)} and the architectures ${list(release.architectures)}.`;
  return new MirrorError('METADATA_INCOMPLETE', `${what} has no packages for ${missing.join(', ')}`, {
    hint: `${offered} Set \`components\` and \`architectures\` to some of these, and \`sources\` and \`udebs\` only where it has such packages.`,
  });
}

function list(names: readonly string[]): string {
  return names.length === 0 ? '(none stated)' : names.join(', ');
}
