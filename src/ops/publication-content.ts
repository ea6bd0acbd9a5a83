import type { FamilyName, PublicationConfig } from '../config/schema.ts';
import { MirrorError } from '../core/errors.ts';
import { unknownName } from '../core/names.ts';
import type { PublishedComponent } from '../family/family.ts';
import { combinedSupplements } from './contents.ts';
import type { OperationContext } from './context.ts';
import { familyNamed } from './families.ts';
import { type ContentPart, combinedTrust, type PublicationTrust } from './generation.ts';
import { mergePackages, versioningOf } from './merge.ts';
import { publicationParts } from './names.ts';
import { type NamedSource, sourceNamed } from './sources.ts';

const DEFAULT_COMPONENT = 'main';

/** A snapshot to be published as a component; without one, as the only one that there is. */
export interface SnapshotChoice {
  readonly component?: string | undefined;
  readonly snapshot: string;
}

/** Where what is to be published comes from: the sources of the configuration, unless one of these says otherwise. */
export interface ContentChoice {
  /** The packages of this kept generation. */
  readonly generation: number | undefined;
  /** The packages of the current generation. */
  readonly renew: boolean;
  /** Snapshots in place of the sources that the configuration names. */
  readonly snapshots: readonly SnapshotChoice[];
}

/** What is to be published. */
export interface Content {
  readonly family: FamilyName;
  /** The names of what it is made from. */
  readonly from: readonly string[];
  readonly components: readonly PublishedComponent[];
  readonly parts: readonly ContentPart[];
  readonly trust: PublicationTrust;
}

/**
 * What the sources of a publication have now, or what an earlier generation of it was made from, as was chosen. Throws USAGE, NAME_UNKNOWN,
 * NEVER_SYNCED with all that have no packages, and CONFIG_INVALID.
 */
export async function contentToPublish(
  name: string,
  publication: PublicationConfig,
  choice: ContentChoice,
  context: OperationContext,
): Promise<Content> {
  const { generation, renew } = choice;
  if (generation !== undefined) return earlierContent(name, generation, context);
  if (!renew) return currentContent(name, publication, choice, context);
  const current = context.catalogue.publication(name)?.generation.number;
  if (current !== undefined) return earlierContent(name, current, context);
  throw new MirrorError('USAGE', `publication "${name}" was never published, so there is nothing to renew`, {
    hint: `Run \`mirror publish ${name}\`.`,
  });
}

/** What the sources have now, merged. */
async function currentContent(
  name: string,
  publication: PublicationConfig,
  choice: ContentChoice,
  context: OperationContext,
): Promise<Content> {
  const parts = partsToPublish(name, choice.snapshots, context);
  const sources = currentSources(name, [...new Set(parts.flatMap((part) => part.sources))], context);
  const family = [...sources.values()][0]?.family;
  if (family === undefined) throw new MirrorError('CONFIG_INVALID', `publication "${name}" has no sources`);
  const { blobs, catalogue } = context;
  const merging = parts.map(async ({ component = DEFAULT_COMPONENT, sources: names }) => {
    const own = names.flatMap((source) => sources.get(source)?.contents ?? []);
    const lists = own.map(({ list }) => catalogue.deferredPackages(list.id));
    const versioning = await versioningOf(familyNamed(family), { sources: own, rule: publication.merge, blobs });
    const packages = mergePackages(lists, publication.merge, versioning);
    const [first] = own;
    // Merging only leaves packages out.
    const same = own.length === 1 && first?.list.count === packages.length;
    const ids = packages.map((entry) => entry.id);
    return { component, packages, list: same ? first.list : catalogue.saveList(family, ids), supplements: combinedSupplements(own) };
  });
  const contents = await Promise.all(merging);
  return {
    family,
    from: [...sources.keys()],
    components: contents.map(({ component, packages, supplements }) => ({ name: component, packages, supplements })),
    parts: contents.map(({ component, list, supplements }) => ({ component, list, supplements })),
    trust: combinedTrust(
      [...sources.values()].map((source) => source.contents),
      { verbatim: publication.metadata === 'verbatim' },
    ),
  };
}

/** The sources of each component: those of the configuration, or the snapshots that are to take their place. Throws USAGE. */
function partsToPublish(
  name: string,
  snapshots: readonly SnapshotChoice[],
  { config, catalogue }: OperationContext,
): ReturnType<typeof publicationParts> {
  const parts = publicationParts(config, name);
  if (snapshots.length === 0) return parts;
  for (const { snapshot } of snapshots) {
    if (catalogue.snapshot(snapshot) !== undefined) continue;
    throw unknownName(
      'snapshot',
      snapshot,
      catalogue.snapshots().map((state) => state.name),
    );
  }
  const components = parts.map((part) => part.component ?? DEFAULT_COMPONENT);
  for (const { component } of snapshots) {
    if (component === undefined ? parts.length === 1 : components.includes(component)) continue;
    const of = component === undefined ? 'has several components' : `has no component "${component}"`;
    throw new MirrorError('USAGE', `publication "${name}" ${of}`, {
      hint: `Say which with --snapshot COMPONENT=SNAPSHOT, of: ${components.join(', ')}.`,
    });
  }
  return parts.map((part, index) => {
    const chosen = snapshots.filter(({ component }) => (component ?? components[0]) === components[index]);
    return chosen.length === 0 ? part : { component: part.component, sources: chosen.map(({ snapshot }) => snapshot) };
  });
}

/** What a kept generation was made from. */
function earlierContent(name: string, number: number, { catalogue }: OperationContext): Content {
  const state = catalogue.publicationAt(name, number);
  if (state === undefined) {
    const kept = catalogue.generations(name).map((generation) => generation.number);
    throw new MirrorError('USAGE', `publication "${name}" has no generation ${number}`, {
      hint: kept.length === 0 ? 'It was never published.' : `There are: ${kept.join(', ')}.`,
    });
  }
  const parts = state.generation.parts.map(({ component, list: id, supplements }) => {
    const list = catalogue.list(id);
    if (list === undefined)
      throw new MirrorError('BLOB_CORRUPT', `the packages of generation ${number} of "${name}" are not in the state database`);
    return { component, list, supplements };
  });
  const components = parts.map(({ component, list, supplements }) => {
    return { name: component, packages: catalogue.deferredPackages(list.id), supplements };
  });
  const { family, from, verified, packagesSigned, packageKeys } = state;
  return { family, from, components, parts, trust: { verified, packagesSigned, packageKeys } };
}

/** What a publication is made from, by name. Throws NAME_UNKNOWN, NEVER_SYNCED with all that have no packages, and CONFIG_INVALID. */
function currentSources(name: string, sources: readonly string[], context: OperationContext): ReadonlyMap<string, NamedSource> {
  const found = new Map<string, NamedSource>();
  const missing: string[] = [];
  for (const source of sources) {
    const named = sourceNamed(source, context);
    if (named === undefined) missing.push(source);
    else found.set(source, named);
  }
  if (missing.length > 0) {
    throw new MirrorError('NEVER_SYNCED', `publication "${name}": ${missing.join(', ')} has no packages yet`, {
      hint: `Run \`mirror sync ${missing.join(' ')}\` first.`,
    });
  }
  const [first, ...others] = found.values();
  const other = others.find(({ family }) => family !== first?.family);
  if (first !== undefined && other !== undefined) {
    const families = `"${other.name}" is of the ${other.family} family and "${first.name}" of the ${first.family} family`;
    throw new MirrorError('CONFIG_INVALID', `publication "${name}": ${families}`, { hint: 'Publish sources of one family together.' });
  }
  return found;
}
