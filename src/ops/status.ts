import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { publicationSources } from '../config/publications.ts';
import type { Config, FamilyName, MirrorConfig } from '../config/schema.ts';
import { unknownName } from '../core/names.ts';
import { redactUrl } from '../core/redact.ts';
import type { Catalogue, MirrorState, PublicationState, PublicKey, Unsatisfied } from '../store/catalogue.ts';
import { listRepos, type RepoSummary, repoSummary } from './repos.ts';
import { listSnapshots, type SnapshotSummary, snapshotSummary } from './snapshots.ts';

/** A mirror of the configuration and what is known of it. Sizes in bytes, times in ISO 8601. */
export interface MirrorSummary {
  readonly name: string;
  readonly type: FamilyName;
  /** Where the upstream is: URLs, or what the configuration has instead of them. Without passwords. */
  readonly url?: readonly string[];
  readonly ppa?: string;
  readonly mirrorlist?: string;
  readonly metalink?: string;
  readonly suite?: string;
  readonly components?: readonly string[];
  readonly architectures?: readonly string[];
  readonly filter?: string;
  readonly groups: readonly string[];
  readonly publications: readonly string[];
  readonly packages: number;
  readonly bytes: number;
  /** The end of the last complete sync; null when there was none. */
  readonly syncedAt: string | null;
  /** What of the upstream was checked against its keys; null before the first sync. */
  readonly verified: { readonly metadata: boolean; readonly packages: boolean; readonly signedBy: string | null } | null;
  /** The date of the upstream's metadata, and from when it must not be used any more. */
  readonly upstreamDate: string | null;
  readonly validUntil: string | null;
  readonly unsatisfied: number;
}

/** A published repository, with the names of the configuration. */
export interface PublicationSummary {
  readonly name: string;
  readonly family: FamilyName;
  readonly path: string;
  readonly distribution?: string;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
  readonly generation: number;
  readonly digest: string;
  /** ISO 8601. */
  readonly published: string;
  readonly from: readonly string[];
  readonly packages: number;
  readonly bytes: number;
  readonly verified: boolean;
  readonly signedBy: string | null;
}

export interface StatusReport {
  readonly storage: { readonly path: string; readonly freeBytes: number; readonly totalBytes: number };
  readonly mirrors: readonly MirrorSummary[];
  readonly repos: readonly RepoSummary[];
  readonly snapshots: readonly SnapshotSummary[];
  readonly publications: readonly PublicationSummary[];
  /** Publications of the configuration that were never published. */
  readonly unpublished: readonly string[];
  /** Publications that the configuration does not have any more, and that are still served. */
  readonly unconfigured: readonly string[];
}

/** Every mirror of the configuration, in its order. `catalogue` is undefined where nothing was ever synced. */
export function listMirrors(config: Config, catalogue: Catalogue | undefined): MirrorSummary[] {
  return Object.entries(config.mirrors).map(([name, mirror]) => summarizeMirror(config, name, mirror, stateOf(catalogue, name, mirror)));
}

/** What packages come from, as `mirror list` has it. */
export type ListedSource =
  | (MirrorSummary & { readonly kind: 'mirror' })
  | (RepoSummary & { readonly kind: 'repo' })
  | (SnapshotSummary & { readonly kind: 'snapshot' });

/** Every mirror and repo of the configuration, in its order, and every snapshot, by name. */
export function listSources(config: Config, catalogue: Catalogue | undefined): ListedSource[] {
  return [
    ...listMirrors(config, catalogue).map((mirror) => ({ kind: 'mirror' as const, ...mirror })),
    ...listRepos(config, catalogue).map((repo) => ({ kind: 'repo' as const, ...repo })),
    ...listSnapshots(config, catalogue).map((snapshot) => ({ kind: 'snapshot' as const, ...snapshot })),
  ];
}

/** Everything that is published, by name. */
export function listPublished(catalogue: Catalogue | undefined): PublicationSummary[] {
  return (catalogue?.publications() ?? []).map(summarizePublication);
}

/** What there is, and how much room is left. */
export async function storageStatus(config: Config, catalogue: Catalogue | undefined): Promise<StatusReport> {
  const publications = listPublished(catalogue);
  const published = new Set(publications.map((publication) => publication.name));
  return {
    storage: { path: config.storage, ...(await roomAt(config.storage)) },
    mirrors: listMirrors(config, catalogue),
    repos: listRepos(config, catalogue),
    snapshots: listSnapshots(config, catalogue),
    publications,
    unpublished: Object.keys(config.publications).filter((name) => !published.has(name)),
    unconfigured: [...published].filter((name) => !Object.hasOwn(config.publications, name)),
  };
}

export interface MirrorDetails extends MirrorSummary {
  readonly kind: 'mirror';
  readonly withDeps: MirrorConfig['withDeps'];
  readonly keys: readonly PublicKey[];
  readonly unsatisfiedRequirements: readonly Unsatisfied[];
}

interface GroupDetails {
  readonly kind: 'group';
  readonly name: string;
  readonly mirrors: readonly MirrorSummary[];
}

export interface PublicationDetails extends PublicationSummary {
  readonly kind: 'publication';
  /** That can be gone back to, newest first. */
  readonly generations: readonly {
    readonly number: number;
    readonly digest: string;
    readonly published: string;
    readonly current: boolean;
  }[];
}

/** A publication of the configuration that was never published. */
interface PlannedPublication {
  readonly kind: 'publication';
  readonly name: string;
  readonly from: readonly string[];
  readonly generations: readonly never[];
}

export interface RepoDetails extends RepoSummary {
  readonly kind: 'repo';
  /** Of the configuration, that are made from it. */
  readonly publications: readonly string[];
}

export interface SnapshotDetails extends SnapshotSummary {
  readonly kind: 'snapshot';
}

export type Details = MirrorDetails | GroupDetails | RepoDetails | SnapshotDetails | PublicationDetails | PlannedPublication;

/** All that goes by a name: what packages come from first, then publications, which may share a mirror's name. Throws NAME_UNKNOWN. */
export function showName(config: Config, catalogue: Catalogue | undefined, name: string): Details[] {
  const found: Details[] = [];
  const mirror = Object.hasOwn(config.mirrors, name) ? config.mirrors[name] : undefined;
  if (mirror !== undefined) found.push(mirrorDetails(config, name, mirror, stateOf(catalogue, name, mirror)));
  const members = Object.hasOwn(config.groups, name) ? config.groups[name] : undefined;
  if (members !== undefined) {
    found.push({ kind: 'group', name, mirrors: listMirrors(config, catalogue).filter((entry) => members.includes(entry.name)) });
  }
  if (Object.hasOwn(config.repos, name)) {
    const publications = namesWith(config.publications, (publication) => publicationSources(publication).includes(name));
    found.push({ kind: 'repo', ...repoSummary(name, config, catalogue), publications });
  }
  const snapshot = catalogue?.snapshot(name);
  if (snapshot !== undefined) found.push({ kind: 'snapshot', ...snapshotSummary(snapshot, config, catalogue) });
  const published = catalogue?.publication(name);
  if (published !== undefined) found.push(publicationDetails(published, catalogue));
  else if (Object.hasOwn(config.publications, name) && config.publications[name] !== undefined) {
    found.push({ kind: 'publication', name, from: publicationSources(config.publications[name]), generations: [] });
  }
  if (found.length > 0) return found;
  const known = [config.mirrors, config.groups, config.repos, config.publications].flatMap((section) => Object.keys(section));
  const stored = [...(catalogue?.snapshots() ?? []), ...(catalogue?.publications() ?? [])].map((entry) => entry.name);
  throw unknownName('mirror, group, repo, snapshot or publication', name, new Set([...known, ...stored]));
}

/** What a mirror has, unless the name stood for another family before. */
function stateOf(catalogue: Catalogue | undefined, name: string, mirror: MirrorConfig): MirrorState | undefined {
  const state = catalogue?.mirror(name);
  return state?.family === mirror.type ? state : undefined;
}

function summarizeMirror(config: Config, name: string, mirror: MirrorConfig, state: MirrorState | undefined): MirrorSummary {
  const upstream = state?.upstream;
  return {
    name,
    type: mirror.type,
    ...origin(mirror),
    ...(mirror.architectures === undefined ? {} : { architectures: mirror.architectures }),
    ...(mirror.filter === undefined ? {} : { filter: mirror.filter }),
    groups: namesWith(config.groups, (members) => members.includes(name)),
    publications: namesWith(config.publications, (publication) => publicationSources(publication).includes(name)),
    packages: state?.contents?.list.count ?? 0,
    bytes: state?.contents?.list.bytes ?? 0,
    syncedAt: state?.contents === undefined ? null : isoTime(state.contents.syncedAt),
    verified:
      upstream === undefined
        ? null
        : { ...(state?.contents?.checked ?? upstream.verification), signedBy: upstream.verification.signedBy ?? null },
    upstreamDate: upstream === undefined ? null : isoTime(upstream.date),
    validUntil: upstream?.validUntil === undefined ? null : isoTime(upstream.validUntil),
    unsatisfied: state?.contents?.unsatisfied.length ?? 0,
  };
}

function origin(mirror: MirrorConfig): Pick<MirrorSummary, 'url' | 'ppa' | 'mirrorlist' | 'metalink' | 'suite' | 'components'> {
  const url = mirror.url === undefined ? {} : { url: mirror.url.map(redactUrl) };
  if (mirror.type === 'yum') {
    return {
      ...url,
      ...(mirror.mirrorlist === undefined ? {} : { mirrorlist: redactUrl(mirror.mirrorlist) }),
      ...(mirror.metalink === undefined ? {} : { metalink: redactUrl(mirror.metalink) }),
    };
  }
  return {
    ...url,
    ...(mirror.ppa === undefined ? {} : { ppa: mirror.ppa }),
    suite: mirror.suite,
    ...(mirror.components === undefined ? {} : { components: mirror.components }),
  };
}

function mirrorDetails(config: Config, name: string, mirror: MirrorConfig, state: MirrorState | undefined): MirrorDetails {
  return {
    kind: 'mirror',
    ...summarizeMirror(config, name, mirror, state),
    withDeps: mirror.withDeps,
    keys: state?.keys ?? [],
    unsatisfiedRequirements: state?.contents?.unsatisfied ?? [],
  };
}

function summarizePublication(state: PublicationState): PublicationSummary {
  return {
    name: state.name,
    family: state.family,
    path: state.path,
    ...(state.distribution === undefined ? {} : { distribution: state.distribution }),
    components: state.components,
    architectures: state.architectures,
    generation: state.generation.number,
    digest: state.generation.digest,
    published: isoTime(state.generation.publishedAt),
    from: state.from,
    packages: state.packages,
    bytes: state.bytes,
    verified: state.verified,
    signedBy: state.signedBy ?? null,
  };
}

function publicationDetails(state: PublicationState, catalogue: Catalogue | undefined): PublicationDetails {
  const generations = (catalogue?.generations(state.name) ?? []).map((generation) => ({
    number: generation.number,
    digest: generation.digest,
    published: isoTime(generation.publishedAt),
    current: generation.number === state.generation.number,
  }));
  return { kind: 'publication', ...summarizePublication(state), generations };
}

function namesWith<T>(section: Readonly<Record<string, T>>, has: (value: T) => boolean): string[] {
  return Object.entries(section)
    .filter(([, value]) => has(value))
    .map(([name]) => name);
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** The file system that a directory is on, or will be on when it is made. */
async function roomAt(directory: string): Promise<{ freeBytes: number; totalBytes: number }> {
  for (let path = directory; ; path = dirname(path)) {
    try {
      const { bavail, blocks, bsize } = await statfs(path);
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === dirname(path)) throw error;
    }
  }
}
