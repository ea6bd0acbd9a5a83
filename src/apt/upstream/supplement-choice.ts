import type { Release } from '../format/release.ts';
import { isFlat } from '../urls.ts';
import { directoriesOf, isEmptyIndex, listedInComponent, listedIndex, type WantedIndex } from './listed-index.ts';
import type { Selection } from './selection.ts';

const ICONS = /^icons-[^/]+\.tar(?:\.[a-z0-9]+)?$/;

/**
 * The indexes besides those of packages that are wanted and listed: translated descriptions, Contents, AppStream metadata with icons, and the metadata of
 * command-not-found. An archive may have none of them.
 */
export function chooseSupplements(release: Release, selection: Selection, components: readonly string[]): WantedIndex[] {
  const found = isFlat(selection.suite) ? flatSupplements(release, selection) : suiteSupplements(release, selection, components);
  return selection.verbatim ? found : found.filter((index) => !isEmptyIndex(index));
}

function suiteSupplements(release: Release, selection: Selection, components: readonly string[]): WantedIndex[] {
  const found = components.flatMap((component) => [
    ...selection.translations.flatMap(
      (language) => listedInComponent(release, { kind: 'translation', path: `i18n/Translation-${language}`, component }) ?? [],
    ),
    ...(selection.dep11 ? appStream(release, selection, component) : []),
    ...(selection.cnf
      ? selection.architectures.flatMap(
          (architecture) => listedInComponent(release, { kind: 'cnf', path: `cnf/Commands-${architecture}`, component }) ?? [],
        )
      : []),
  ]);
  return selection.contents ? [...found, ...contents(release, selection, components)] : found;
}

/** Names of a flat repository as apt and apt-file have them. */
function flatSupplements(release: Release, { translations, contents: wanted, architectures }: Selection): WantedIndex[] {
  const names = [
    ...translations.map((path) => ({ kind: 'translation', path }) as const),
    ...(wanted ? architectures.map((architecture) => ({ kind: 'contents', path: `Contents-${architecture}` }) as const) : []),
  ];
  return names.flatMap((index) => listedIndex(release, { ...index, component: '' }) ?? []);
}

/** Per component, as Debian has them, or for all components together, as Ubuntu has them. */
function contents(release: Release, { architectures, udebs, sources }: Selection, components: readonly string[]): WantedIndex[] {
  const names = [...new Set([...architectures, 'all'])].map((architecture) => `Contents-${architecture}`);
  if (udebs) names.push(...architectures.map((architecture) => `Contents-udeb-${architecture}`));
  if (sources) names.push('Contents-source');
  return names.flatMap((path) => {
    const perComponent = components.flatMap((component) => listedInComponent(release, { kind: 'contents', path, component }) ?? []);
    if (perComponent.length > 0) return perComponent;
    return listedIndex(release, { kind: 'contents', path, component: undefined }) ?? [];
  });
}

function appStream(release: Release, { architectures }: Selection, component: string): WantedIndex[] {
  const metadata = [...new Set([...architectures, 'all'])].flatMap(
    (architecture) => listedInComponent(release, { kind: 'dep11', path: `dep11/Components-${architecture}.yml`, component }) ?? [],
  );
  if (metadata.length === 0) return [];
  const icons = directoriesOf(release, component).flatMap((directory) => iconNames(release, `${directory}/dep11/`));
  return [...metadata, ...icons.flatMap((path) => listedIndex(release, { kind: 'icons', path, component }) ?? [])];
}

/** The archives of icons in a directory, without compression. */
function iconNames(release: Release, directory: string): string[] {
  const names = [...release.files.keys()].filter((path) => path.startsWith(directory) && ICONS.test(path.slice(directory.length)));
  return [...new Set(names.map((path) => path.replace(/\.tar\.[a-z0-9]+$/, '.tar')))];
}
