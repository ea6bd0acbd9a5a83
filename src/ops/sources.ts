import type { FamilyName } from '../config/schema.ts';
import { MirrorError } from '../core/errors.ts';
import { unknownName } from '../core/names.ts';
import type { Candidate } from '../solve/universe.ts';
import type { Contents, PublicationState, SourceReference, StoredPackage } from '../store/catalogue.ts';
import { combinedContents } from './contents.ts';
import type { OperationContext } from './context.ts';
import { familyNamed } from './families.ts';
import { repoContents } from './repos.ts';
import { createSelector, type Selector } from './selection.ts';

/** A mirror, repo or snapshot with what it has. */
export interface NamedSource extends SourceReference {
  readonly family: FamilyName;
  readonly contents: Contents;
}

/**
 * The mirror, repo or snapshot of this name, with its packages. Undefined for a mirror that was never synced whole. A repo that nothing
 * was added to is empty. Throws NAME_UNKNOWN with the nearest names.
 */
export function sourceNamed(name: string, context: OperationContext): NamedSource | undefined {
  const { catalogue, config } = context;
  const mirror = Object.hasOwn(config.mirrors, name) ? config.mirrors[name] : undefined;
  if (mirror !== undefined) {
    const state = catalogue.mirror(name);
    // The name may have stood for a mirror of the other family before.
    if (state?.contents === undefined || state.family !== mirror.type) return undefined;
    return { kind: 'mirror', name, family: mirror.type, contents: state.contents };
  }
  const repo = Object.hasOwn(config.repos, name) ? config.repos[name] : undefined;
  if (repo !== undefined) {
    return { kind: 'repo', name, family: repo.type, contents: repoContents(name, repo.type, catalogue) };
  }
  const snapshot = catalogue.snapshot(name);
  if (snapshot !== undefined) return { kind: 'snapshot', name, family: snapshot.family, contents: snapshot.contents };
  throw unknownName('mirror, repo or snapshot', name, sourceNames(context));
}

/** As `sourceNamed`. Throws NEVER_SYNCED, too. */
export function requiredSource(name: string, context: OperationContext): NamedSource {
  const source = sourceNamed(name, context);
  if (source !== undefined) return source;
  throw new MirrorError('NEVER_SYNCED', `mirror "${name}" has no packages yet`, { hint: `Run \`mirror sync ${name}\` first.` });
}

/**
 * As `requiredSource`, for publications too: what is published now, of all components. A name that is also that of a mirror, repo or
 * snapshot stands for that. Throws NAME_UNKNOWN with the nearest names, and NEVER_SYNCED.
 */
export function storedSource(name: string, context: OperationContext): NamedSource {
  const names = sourceNames(context);
  const publications = context.catalogue.publications();
  const published = names.includes(name) ? undefined : publications.find((publication) => publication.name === name);
  if (published !== undefined) {
    return { kind: 'publication', name, family: published.family, contents: publishedContents(published, context) };
  }
  if (names.includes(name)) return requiredSource(name, context);
  const known = new Set([...names, ...publications.map((publication) => publication.name)]);
  throw unknownName('mirror, repo, snapshot or publication', name, known);
}

/** Warns of mirrors among the sources whose packages are older than what their metadata and the configuration select by now. */
export async function warnIfBehind(sources: readonly NamedSource[], context: OperationContext): Promise<void> {
  const { catalogue, config, report } = context;
  const selector = createSelector(context, new Map(catalogue.mirrors().map((state) => [state.name, state])));
  for (const { kind, name } of sources) {
    const mirror = config.mirrors[name];
    const contents = kind === 'mirror' ? catalogue.mirror(name)?.contents : undefined;
    if (mirror === undefined || contents === undefined) continue;
    if (contents.selection === (await selector.key({ name, config: mirror }))) continue;
    const synced = new Date(contents.syncedAt).toISOString();
    report({
      type: 'warning',
      subject: name,
      message: `the packages are those of ${synced}, older than the metadata or the configuration`,
    });
  }
}

/** The names that `sourceNamed` knows. */
export function sourceNames({ catalogue, config }: OperationContext): string[] {
  return [...Object.keys(config.mirrors), ...Object.keys(config.repos), ...catalogue.snapshots().map((snapshot) => snapshot.name)];
}

function publishedContents(
  { family, generation, verified, packagesSigned, packageKeys }: PublicationState,
  context: OperationContext,
): Contents {
  const { catalogue } = context;
  const ids = generation.parts.flatMap(({ list }) => [...catalogue.packages(list)].map((entry) => entry.id));
  return combinedContents(
    catalogue.saveList(family, ids),
    generation.parts.map(({ supplements }) => ({
      supplements,
      checked: { metadata: verified, packages: packagesSigned },
      keys: packageKeys,
    })),
  );
}

/** The packages that go by a name, to be searched and resolved. */
export interface OpenedSource {
  readonly kind: SourceReference['kind'];
  readonly name: string;
  readonly family: FamilyName;
  readonly candidates: readonly Candidate[];
  /** Whether these are what the next sync of the mirror would have: its metadata is newer than its packages. */
  readonly planned: boolean;
}

/**
 * The packages of mirrors, repos, snapshots or publications, in this order where a name stands for several. Those of a mirror are what its
 * metadata selects, also where the package files were not fetched yet. What mirrors share is read once. Throws NAME_UNKNOWN and NEVER_SYNCED.
 */
export async function openSources(names: readonly string[], context: OperationContext): Promise<OpenedSource[]> {
  const states = new Map(context.catalogue.mirrors().map((state) => [state.name, state]));
  const selector = createSelector(context, states);
  const opened: OpenedSource[] = [];
  for (const name of names) {
    const isMirror = Object.hasOwn(context.config.mirrors, name);
    opened.push(isMirror ? await openMirror(name, context, selector) : await openStored(name, context));
  }
  return opened;
}

async function openStored(name: string, context: OperationContext): Promise<OpenedSource> {
  const { kind, family, contents } = storedSource(name, context);
  return {
    kind,
    name,
    family,
    candidates: (await storedCandidates(name, contents, context)).map(({ candidate }) => candidate),
    planned: false,
  };
}

async function openMirror(name: string, context: OperationContext, selector: Selector): Promise<OpenedSource> {
  const { catalogue, config } = context;
  const mirror = config.mirrors[name];
  const state = catalogue.mirror(name);
  if (mirror === undefined || state === undefined || state.family !== mirror.type) {
    throw new MirrorError('NEVER_SYNCED', `mirror "${name}" was never synced`, {
      hint: `Run \`mirror sync ${name}\`, with --metadata-only to leave the packages where they are.`,
    });
  }
  const opened = { kind: 'mirror', name, family: mirror.type } as const;
  if (state.contents?.selection === (await selector.key({ name, config: mirror }))) {
    const candidates = (await storedCandidates(name, state.contents, context)).map(({ candidate }) => candidate);
    return { ...opened, candidates, planned: false };
  }
  const { selected } = await selector.select({ name, config: mirror });
  return { ...opened, candidates: selected, planned: true };
}

/** A stored package as its row is, and as what queries and closures work with. */
export interface StoredCandidate {
  readonly stored: StoredPackage;
  readonly candidate: Candidate;
}

/**
 * The packages of a source as candidates, sorted by name, then architecture, then id. Those that are among `known`, by their ids, are not
 * made again. Throws METADATA_INVALID when what the source has besides packages cannot be read.
 */
export async function storedCandidates(
  source: string,
  { list: { id, family }, supplements }: Pick<Contents, 'list' | 'supplements'>,
  { blobs, catalogue }: Pick<OperationContext, 'blobs' | 'catalogue'>,
  known: ReadonlyMap<number, StoredCandidate> = new Map(),
): Promise<StoredCandidate[]> {
  const { candidate, supplemented } = familyNamed(family);
  const packages = [...catalogue.packages(id)];
  const fresh = packages.filter((stored) => !known.has(stored.id));
  const made = fresh.map((stored) => {
    const extra = (kind: string): Buffer | undefined => catalogue.extras([stored.id], kind).next().value?.data;
    return candidate(stored, source, extra);
  });
  const complete = (await supplemented?.(made, supplements, blobs)) ?? made;
  let next = 0;
  return packages.flatMap((stored) => {
    const before = known.get(stored.id);
    if (before !== undefined) return [before];
    const own = complete[next++];
    return own === undefined ? [] : [{ stored, candidate: own }];
  });
}
