import { publicationSources } from '../config/publications.ts';
import type { Config, FamilyName } from '../config/schema.ts';
import { MirrorError } from '../core/errors.ts';
import { NAME_PATTERN, unknownName } from '../core/names.ts';
import type { Catalogue, Contents, SnapshotState, SourceReference } from '../store/catalogue.ts';
import type { OperationContext } from './context.ts';

/** A snapshot for people and --json. */
export interface SnapshotSummary {
  readonly name: string;
  readonly type: FamilyName;
  readonly packages: number;
  readonly bytes: number;
  /** ISO 8601. */
  readonly created: string;
  /** How it was made. */
  readonly description: string;
  readonly from: readonly SourceReference[];
  /** Equal on two sites exactly when the packages are. */
  readonly digest: string;
  /** How its packages were checked: what holds for all of them. */
  readonly verified: Contents['checked'];
  readonly usedBy: SnapshotUses;
}

/** What was made from a snapshot. */
export interface SnapshotUses {
  /** Whose current generation was made from it. */
  readonly publications: readonly string[];
  /** That the configuration makes from it. */
  readonly configured: readonly string[];
  readonly snapshots: readonly string[];
}

/** Every snapshot, by name. `catalogue` is undefined where nothing was ever stored. */
export function listSnapshots(config: Config, catalogue: Catalogue | undefined): SnapshotSummary[] {
  return (catalogue?.snapshots() ?? []).map((state) => snapshotSummary(state, config, catalogue));
}

/** A snapshot with what uses it. */
export function snapshotSummary(state: SnapshotState, config: Config, catalogue: Catalogue | undefined): SnapshotSummary {
  const { list, checked } = state.contents;
  return {
    name: state.name,
    type: state.family,
    packages: list.count,
    bytes: list.bytes,
    created: new Date(state.createdAt).toISOString(),
    description: state.description,
    from: state.from,
    digest: list.digest,
    verified: checked,
    usedBy: usesOf(state.name, config, catalogue),
  };
}

/** The snapshot of this name. Throws NAME_UNKNOWN with the nearest names. */
export function snapshotNamed(name: string, catalogue: Catalogue | undefined): SnapshotState {
  const state = catalogue?.snapshot(name);
  if (state !== undefined) return state;
  const names = (catalogue?.snapshots() ?? []).map((snapshot) => snapshot.name);
  throw unknownName('snapshot', name, names);
}

/** Throws NAME_INVALID for what cannot be a name, and NAME_TAKEN when a mirror, repo, group or snapshot has it. */
export function refuseTakenName(name: string, { config, catalogue }: Pick<OperationContext, 'config' | 'catalogue'>): void {
  if (!NAME_PATTERN.test(name)) {
    throw new MirrorError('NAME_INVALID', `"${name.slice(0, 100)}" cannot be the name of a snapshot`, {
      hint: 'A name begins with a lower-case letter or digit, and goes on with such, ".", "_" and "-".',
    });
  }
  const sections = { mirror: config.mirrors, repo: config.repos, group: config.groups };
  const section = Object.entries(sections).find(([, entries]) => Object.hasOwn(entries, name));
  const kind = section?.[0] ?? (catalogue.snapshot(name) === undefined ? undefined : 'snapshot');
  if (kind === undefined) return;
  const hint = kind === 'snapshot' ? `Choose another name, or drop it first: mirror snapshot drop ${name}` : 'Choose another name.';
  throw new MirrorError('NAME_TAKEN', `there is a ${kind} "${name}" already`, { hint });
}

/** Stores a new snapshot, in one transaction. Throws NAME_INVALID and NAME_TAKEN. */
export function storeSnapshot(
  snapshot: Omit<SnapshotState, 'createdAt'>,
  context: Pick<OperationContext, 'config' | 'catalogue' | 'clock'>,
): SnapshotSummary {
  const { catalogue, clock, config } = context;
  refuseTakenName(snapshot.name, context);
  const state = { ...snapshot, createdAt: clock.now().getTime() };
  catalogue.addSnapshot(state);
  return snapshotSummary(state, config, catalogue);
}

/** Gives a snapshot another name. Throws NAME_UNKNOWN, NAME_INVALID, NAME_TAKEN, and IN_USE while a publication names it. */
export function renameSnapshot(from: string, to: string, context: Pick<OperationContext, 'config' | 'catalogue'>): SnapshotSummary {
  const { catalogue, config } = context;
  const { name } = snapshotNamed(from, catalogue);
  refuseTakenName(to, context);
  const { publications, configured } = usesOf(name, config, catalogue);
  if (publications.length > 0 || configured.length > 0) {
    throw inUse(
      name,
      { publications, configured, snapshots: [] },
      'Publish from another snapshot first, and take the name out of the configuration.',
    );
  }
  catalogue.renameSnapshot(from, to);
  return snapshotSummary(snapshotNamed(to, catalogue), config, catalogue);
}

/**
 * Drops snapshots: all of them or none. Their packages stay where anything else has them. Throws NAME_UNKNOWN, and IN_USE when a
 * publication is made from one, or another snapshot was made from one, which `force` passes over.
 */
export function dropSnapshots(
  names: readonly string[],
  { config, catalogue }: Pick<OperationContext, 'config' | 'catalogue'>,
  { force = false }: { readonly force?: boolean | undefined } = {},
): void {
  for (const name of names) {
    snapshotNamed(name, catalogue);
    const uses = usesOf(name, config, catalogue);
    const snapshots = force ? [] : uses.snapshots.filter((other) => !names.includes(other));
    if (uses.publications.length === 0 && uses.configured.length === 0 && snapshots.length === 0) continue;
    const onlySnapshots = uses.publications.length === 0 && uses.configured.length === 0;
    const hint = onlySnapshots
      ? 'With --force it is dropped all the same; the others stay as they are.'
      : 'Publish from another snapshot or drop the publication first, and take the name out of the configuration.';
    throw inUse(name, { ...uses, snapshots }, hint);
  }
  for (const name of names) catalogue.dropSnapshot(name);
}

function inUse(name: string, { publications, configured, snapshots }: SnapshotUses, hint: string): MirrorError {
  const quoted = (all: readonly string[]): string => all.map((other) => `"${other}"`).join(', ');
  const reasons = [
    publications.length === 0 ? [] : [`${publications.length === 1 ? 'publication' : 'publications'} ${quoted(publications)} made from it`],
    configured.length === 0 ? [] : [`named in the configuration of ${quoted(configured)}`],
    snapshots.length === 0 ? [] : [`${snapshots.length === 1 ? 'snapshot' : 'snapshots'} ${quoted(snapshots)} made from it`],
  ].flat();
  return new MirrorError('IN_USE', `snapshot "${name}" is in use: ${reasons.join('; ')}`, { hint });
}

function usesOf(name: string, config: Config, catalogue: Catalogue | undefined): SnapshotUses {
  // Publications know what they are made from by name; mirrors and repos go before snapshots.
  const isMeant = !Object.hasOwn(config.mirrors, name) && !Object.hasOwn(config.repos, name);
  const published = isMeant ? (catalogue?.publications() ?? []) : [];
  const configured = isMeant ? Object.entries(config.publications) : [];
  const isMadeFrom = ({ from }: SnapshotState): boolean => from.some((source) => source.kind === 'snapshot' && source.name === name);
  return {
    publications: published.filter(({ from }) => from.includes(name)).map((publication) => publication.name),
    configured: configured.filter(([, publication]) => publicationSources(publication).includes(name)).map(([other]) => other),
    snapshots: (catalogue?.snapshots() ?? []).filter(isMadeFrom).map((snapshot) => snapshot.name),
  };
}
