import type { FamilyName } from '../config/schema.ts';
import { MirrorError } from '../core/errors.ts';
import { unknownName } from '../core/names.ts';
import type { Candidate } from '../solve/universe.ts';
import type { Contents, PackageList, SourceReference } from '../store/catalogue.ts';
import type { OperationContext } from './context.ts';
import { familyNamed } from './families.ts';
import { createSelector } from './selection.ts';

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
    const state = catalogue.repo(name);
    const contents = state !== undefined && state.family === repo.type ? state.contents : nothing(repo.type, context);
    return { kind: 'repo', name, family: repo.type, contents };
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

/** The names that `sourceNamed` knows. */
export function sourceNames({ catalogue, config }: OperationContext): string[] {
  return [...Object.keys(config.mirrors), ...Object.keys(config.repos), ...catalogue.snapshots().map((snapshot) => snapshot.name)];
}

function nothing(family: FamilyName, { catalogue }: OperationContext): Contents {
  return { list: catalogue.saveList(family, []), supplements: [], checked: { metadata: true, packages: false }, keys: [] };
}

/** The packages that go by a name, to be searched and resolved. */
export interface OpenedSource {
  readonly kind: SourceReference['kind'] | 'publication';
  readonly name: string;
  readonly family: FamilyName;
  readonly candidates: readonly Candidate[];
  /** Whether these are what the next sync of the mirror would have: its metadata is newer than its packages. */
  readonly planned: boolean;
}

/**
 * The packages of a mirror, repo, snapshot or publication, in this order where a name stands for several. Those of a mirror are what its
 * metadata selects, also where the package files were not fetched yet. Throws NAME_UNKNOWN and NEVER_SYNCED.
 */
export async function openSource(name: string, context: OperationContext): Promise<OpenedSource> {
  const { catalogue, config } = context;
  const mirror = Object.hasOwn(config.mirrors, name) ? config.mirrors[name] : undefined;
  if (mirror !== undefined) return await openMirrorSource(name, context);
  const published = catalogue.publication(name);
  const isOther = Object.hasOwn(config.repos, name) || catalogue.snapshot(name) !== undefined;
  if (isOther || published === undefined) {
    const known = [...sourceNames(context), ...catalogue.publications().map((publication) => publication.name)];
    if (!known.includes(name)) throw unknownName('mirror, repo, snapshot or publication', name, new Set(known));
    const { kind, family, contents } = requiredSource(name, context);
    return { kind, name, family, candidates: stored(name, family, [contents.list.id], context), planned: false };
  }
  const lists = published.generation.parts.map((part) => part.list);
  return {
    kind: 'publication',
    name,
    family: published.family,
    candidates: stored(name, published.family, lists, context),
    planned: false,
  };
}

async function openMirrorSource(name: string, context: OperationContext): Promise<OpenedSource> {
  const { catalogue, config } = context;
  const mirror = config.mirrors[name];
  const states = new Map(catalogue.mirrors().map((state) => [state.name, state]));
  const state = states.get(name);
  if (mirror === undefined || state === undefined || state.family !== mirror.type) {
    throw new MirrorError('NEVER_SYNCED', `mirror "${name}" was never synced`, {
      hint: `Run \`mirror sync ${name}\`, with --metadata-only to leave the packages where they are.`,
    });
  }
  const opened = { kind: 'mirror', name, family: mirror.type } as const;
  const selector = createSelector(context, states);
  if (state.contents?.selection === selector.key({ name, config: mirror })) {
    return { ...opened, candidates: stored(name, mirror.type, [state.contents.list.id], context), planned: false };
  }
  const { selected } = await selector.select({ name, config: mirror });
  return { ...opened, candidates: selected, planned: true };
}

function stored(source: string, family: FamilyName, lists: readonly PackageList['id'][], { catalogue }: OperationContext): Candidate[] {
  const { candidate } = familyNamed(family);
  const candidates: Candidate[] = [];
  for (const list of lists) for (const entry of catalogue.packages(list)) candidates.push(candidate(entry, source));
  return candidates;
}
