import { posix } from 'node:path';
import type { PublishContext } from '../../family/family.ts';
import { measured, unpacked } from '../../family/supplement-content.ts';
import type { StoredPackage, Supplement } from '../../store/catalogue.ts';
import { formatCommandHead, readCommands } from '../format/command-index.ts';
import type { ListedFile } from '../format/release-text.ts';
import { readSoftwareComponents } from '../format/software-components.ts';
import { descriptionKey, descriptionMd5, readTranslations } from '../format/translation.ts';
import { writeContents } from './contents.ts';
import { type RecordIndex, writeRecords } from './records.ts';
import { linkWhole, plainName, type ReleasePlace } from './supplement-file.ts';

/** Files whose checksums the installer's tools look for in the Release. */
const CHECKSUM_FILES = new Set(['SHA256SUMS', 'MD5SUMS']);
/** What repos know of the files of a package: paths without a leading `./`, one a line. */
const CONTENTS_EXTRA = 'contents';

export interface SupplementPlace extends ReleasePlace {
  readonly suite: string;
  readonly architectures: readonly string[];
}

/** A component with all that is published in it. */
export interface SupplementedComponent {
  readonly name: string;
  readonly binaries: readonly StoredPackage[];
  /** Of the Debian installer. */
  readonly installer: readonly StoredPackage[];
  readonly sources: readonly StoredPackage[];
  readonly supplements: readonly Supplement[];
}

/**
 * Publishes what the sources of a component have besides packages, cut to the packages that are published: long descriptions, contents,
 * software components, commands; icons and the images of the installer as they are. Gives what the Release is to list.
 * Errors: METADATA_INVALID, DECOMPRESS_*, BLOB_*, PATH_UNSAFE, ABORTED.
 */
export async function writeSupplements(
  context: PublishContext,
  place: SupplementPlace,
  component: SupplementedComponent,
): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  for (const index of [...translations(component), ...softwareComponents(component, place), ...commands(component, place)]) {
    files.push(...(await writeRecords(context, place, index)));
  }
  files.push(...(await writeAllContents(context, place, component)));
  files.push(...(await linkIcons(context, place, component)));
  files.push(...linkImages(context, place, component));
  return files;
}

/** The supplements of a kind by their bare name, in the order of the sources. A file of which a mirror has several forms is there once. */
function byName({ supplements }: SupplementedComponent, kind: string): Map<string, Supplement[]> {
  const found = new Map<string, Supplement[]>();
  const seen = new Set<string>();
  for (const supplement of supplements) {
    if (supplement.kind !== kind) continue;
    const name = plainName(supplement);
    const origin = `${supplement.mirror} ${posix.dirname(supplement.path)}/${name}`;
    if (seen.has(origin)) continue;
    seen.add(origin);
    found.set(name, [...(found.get(name) ?? []), supplement]);
  }
  return found;
}

function* translations(component: SupplementedComponent): Generator<RecordIndex> {
  let keys: Set<string> | undefined;
  const isWanted = (key: string): boolean => {
    keys ??= new Set(component.binaries.map(({ name, record }) => descriptionKey(name, descriptionMd5(record) ?? '')));
    return keys.has(key);
  };
  const byLanguage = new Map<string, Supplement[]>();
  for (const [name, inputs] of byName(component, 'translation')) {
    // A flat repository has them under the bare name of the language.
    const language = name.replace(/^Translation-/, '');
    byLanguage.set(language, [...(byLanguage.get(language) ?? []), ...inputs]);
  }
  for (const [language, inputs] of byLanguage) {
    const path = `${component.name}/i18n/Translation-${language}`;
    yield { path, inputs: inSourceOrder(component, inputs), read: readTranslations, isWanted };
  }
}

/** Of an index for each architecture the inputs for one: those for all architectures are among them. */
function inputsFor(
  component: SupplementedComponent,
  found: ReadonlyMap<string, readonly Supplement[]>,
  names: readonly string[],
): Supplement[] {
  return inSourceOrder(
    component,
    names.flatMap((name) => found.get(name) ?? []),
  );
}

function inSourceOrder({ supplements }: SupplementedComponent, inputs: readonly Supplement[]): Supplement[] {
  const mirrors = [...new Set(supplements.map(({ mirror }) => mirror))];
  return [...inputs].sort((a, b) => mirrors.indexOf(a.mirror) - mirrors.indexOf(b.mirror));
}

function namesOf(packages: readonly StoredPackage[], architecture: string): Set<string> {
  const names = new Set<string>();
  for (const stored of packages) if (stored.architecture === architecture || stored.architecture === 'all') names.add(stored.name);
  return names;
}

function* softwareComponents(component: SupplementedComponent, { architectures }: SupplementPlace): Generator<RecordIndex> {
  const found = byName(component, 'dep11');
  for (const architecture of architectures) {
    const inputs = inputsFor(component, found, [`Components-${architecture}.yml`, 'Components-all.yml']);
    if (inputs.length === 0) continue;
    const names = namesOf(component.binaries, architecture);
    const path = `${component.name}/dep11/Components-${architecture}.yml`;
    yield { path, inputs, read: readSoftwareComponents, isWanted: (name) => names.has(name) };
  }
}

function* commands(component: SupplementedComponent, { architectures, suite }: SupplementPlace): Generator<RecordIndex> {
  const found = byName(component, 'cnf');
  for (const architecture of architectures) {
    const inputs = inputsFor(component, found, [`Commands-${architecture}`, 'Commands-all']);
    if (inputs.length === 0) continue;
    const names = namesOf(component.binaries, architecture);
    const head = formatCommandHead({ suite, component: component.name, architecture });
    const path = `${component.name}/cnf/Commands-${architecture}`;
    yield { path, inputs, read: readCommands, isWanted: (name) => names.has(name), head };
  }
}

async function writeAllContents(context: PublishContext, place: SupplementPlace, component: SupplementedComponent): Promise<ListedFile[]> {
  const found = byName(component, 'contents');
  const known = knownContents(context, [...component.binaries, ...component.installer]);
  const files: ListedFile[] = [];
  for (const architecture of place.architectures) {
    for (const [prefix, all] of [
      ['Contents', component.binaries],
      ['Contents-udeb', component.installer],
    ] as const) {
      const inputs = inputsFor(component, found, [`${prefix}-${architecture}`, `${prefix}-all`]);
      const packages = all.filter((stored) => stored.architecture === architecture || stored.architecture === 'all');
      if (packages.length === 0 || (inputs.length === 0 && !packages.some(({ id }) => known.has(id)))) continue;
      const path = `${component.name}/${prefix}-${architecture}`;
      files.push(...(await writeContents(context, place, { path, inputs, packages, known })));
    }
  }
  const inputs = inputsFor(component, found, ['Contents-source']);
  if (component.sources.length > 0 && inputs.length > 0) {
    const path = `${component.name}/Contents-source`;
    files.push(...(await writeContents(context, place, { path, inputs, packages: component.sources, known })));
  }
  return files;
}

function knownContents(context: PublishContext, packages: readonly StoredPackage[]): Map<number, Buffer> {
  const known = new Map<number, Buffer>();
  const ids = packages.map(({ id }) => id);
  for (const { id, data } of context.extras(ids, CONTENTS_EXTRA)) if (data !== undefined) known.set(id, data);
  return known;
}

/** Icons are in archives of all of a component. Of several sources the largest is taken: they cannot be told apart by package. */
async function linkIcons(context: PublishContext, place: SupplementPlace, component: SupplementedComponent): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  for (const [name, inputs] of byName(component, 'icons')) {
    const supplement = inputs.reduce((best, input) => (input.size >= best.size ? input : best));
    const plain = measured(unpacked(context, supplement));
    for await (const _ of plain.text);
    files.push(...linkWhole(context, place, { path: `${component.name}/dep11/${name}`, supplement, plain: plain.blob() }));
  }
  return files;
}

/** The images of the installer, at their places below the component; of one that several sources have the later source's. */
function linkImages({ writer }: PublishContext, { root }: SupplementPlace, component: SupplementedComponent): ListedFile[] {
  const images = new Map<string, Supplement>();
  for (const supplement of component.supplements) {
    const [below] = /(?:^|(?<=\/))installer-.*$/.exec(supplement.path) ?? [];
    if (supplement.kind === 'installer' && below !== undefined) images.set(`${component.name}/${below}`, supplement);
  }
  const files: ListedFile[] = [];
  for (const [path, { sha256, size }] of images) {
    writer.link(`${root}/${path}`, { sha256, size }, 'current');
    if (CHECKSUM_FILES.has(posix.basename(path))) files.push({ path, sha256, size });
  }
  return files;
}
