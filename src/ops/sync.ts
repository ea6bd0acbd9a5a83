import PQueue from 'p-queue';
import { counted } from '../core/counts.ts';
import { sha256Of } from '../core/digests.ts';
import { isMirrorError, MirrorError } from '../core/errors.ts';
import type { MirrorContents, MirrorState } from '../store/catalogue.ts';
import { acquireLock, type Lock } from '../store/locks.ts';
import { bringPackages, checkedAs } from './bring-packages.ts';
import { withChangingUpstreams } from './changing-upstreams.ts';
import { combinedKeys } from './contents.ts';
import type { OperationContext } from './context.ts';
import { warnUnsatisfied } from './dependencies.ts';
import { keyText } from './key-text.ts';
import { mirrorsNamed, type NamedMirror } from './names.ts';
import { type OpenMirror, openMirror, refreshWithKeys } from './refresh.ts';
import type { MirrorReport, SyncReport } from './report.ts';
import { createSelector, type Selection, type Selector, totalSize } from './selection.ts';

/** Mirrors whose packages are brought in at the same time; the downloads of all share one limit. */
const MIRRORS_AT_ONCE = 3;
/** Dependencies that nothing satisfies, of each mirror, that are warned of one by one. */
const UNSATISFIED_SHOWN = 5;

/** What a sync leaves out. */
export interface SyncOptions {
  /** Stores the verified metadata, selects, and leaves the packages where they are. */
  readonly metadataOnly?: boolean | undefined;
  /** As metadataOnly, and the mirror's state stays as it was, too. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Brings mirrors or groups up to date; all mirrors for no names. A mirror that fails keeps its last complete state and does not
 * stop the others: its error is in the report. Throws NAME_UNKNOWN, and ABORTED when the signal came.
 */
export async function syncMirrors(names: readonly string[], context: OperationContext, options: SyncOptions = {}): Promise<SyncReport> {
  const mirrors = mirrorsNamed(context.config, names);
  const run = createRun(context, options);
  try {
    await Promise.all(mirrors.map((mirror) => run.attempt(mirror.name, () => run.refresh(mirror))));
    const selector = createSelector(context, run.states);
    const queue = new PQueue({ concurrency: MIRRORS_AT_ONCE });
    await queue.addAll(mirrors.map((mirror) => () => run.attempt(mirror.name, () => run.bring(mirror, selector))));
  } finally {
    run.release();
  }
  if (context.signal.aborted) {
    throw new MirrorError('ABORTED', 'the sync was interrupted', { hint: 'Run it again to go on where it stopped.' });
  }
  return {
    mirrors: mirrors.map(
      (mirror) => run.reports.get(mirror.name) ?? failed(mirror.name, undefined, new MirrorError('ABORTED', 'interrupted')),
    ),
  };
}

interface SyncRun {
  /** What is known of every mirror that has metadata, refreshed in this run or before. */
  readonly states: Map<string, MirrorState>;
  readonly reports: Map<string, MirrorReport>;
  /** Runs one step for a mirror that has not failed yet; its error becomes the mirror's report. */
  attempt(name: string, step: () => Promise<void>): Promise<void>;
  refresh(mirror: NamedMirror): Promise<void>;
  bring(mirror: NamedMirror, selector: Selector): Promise<void>;
  release(): void;
}

function createRun(context: OperationContext, options: SyncOptions): SyncRun {
  const { catalogue, report, storage, clock } = context;
  const before = new Map(catalogue.mirrors().map((state) => [state.name, state]));
  const states = new Map([...before].filter(([name, state]) => context.config.mirrors[name]?.type === state.family));
  const open = new Map<string, Promise<OpenMirror>>();
  const reports = new Map<string, MirrorReport>();
  const locks: Lock[] = [];
  const held = new Set<string>();
  const refreshing = new PQueue({ concurrency: 1 });

  /** Also for mirrors that are not synced in this run but offer a dependency. */
  const opened = (name: string): Promise<OpenMirror> => {
    const config = context.config.mirrors[name];
    if (config === undefined) throw new MirrorError('NAME_UNKNOWN', `no mirror is named "${name}"`);
    let mirror = open.get(name);
    if (mirror === undefined) {
      mirror = openMirror({ name, config }, context);
      open.set(name, mirror);
    }
    return mirror;
  };

  const refresh = async (name: string): Promise<void> => {
    const refreshed = await refreshWithKeys(await opened(name), context, { store: options.dryRun !== true });
    open.set(name, Promise.resolve(refreshed.mirror));
    states.set(name, refreshed.state);
  };

  const bringNow = async (mirror: NamedMirror, selector: Selector): Promise<void> => {
    const state = states.get(mirror.name);
    if (state === undefined) return;
    const key = await selector.key(mirror);
    if (state.contents?.selection === key) {
      const contents = { ...state.contents, syncedAt: clock.now().getTime() };
      if (options.dryRun !== true) catalogue.putMirror({ ...state, contents });
      reports.set(mirror.name, { ...totals(mirror.name, contents), status: 'unchanged' });
      report({ type: 'done', subject: mirror.name, summary: 'unchanged' });
      return;
    }
    report({ type: 'phase', subject: mirror.name, phase: 'select' });
    const selection = await selector.select(mirror);
    const { unsatisfied } = selection;
    const more = `mirror show ${mirror.name} lists them`;
    warnUnsatisfied(mirror.name, unsatisfied, context, { shown: UNSATISFIED_SHOWN, more });
    if (mirror.config.filter !== undefined && selection.selected.length === 0) {
      report({
        type: 'warning',
        subject: mirror.name,
        message: `the filter matches no package of the upstream: ${mirror.config.filter}`,
      });
    }
    if (options.dryRun === true || options.metadataOnly === true) {
      reports.set(mirror.name, await planned(state, selection, context));
      return;
    }
    const origins = originsOf(mirror, selection, states);
    const had = contentsBefore(state.contents, origins, context);
    const { ids, downloaded, downloadedBytes } = await bringPackages({ mirror, selection, states, opened, ...had }, context);
    const list = catalogue.saveList(state.family, ids);
    const contents = { list, selection: key, unsatisfied, ...origins, syncedAt: clock.now().getTime() };
    catalogue.putMirror({ ...state, contents });
    const changes = difference(had.storedBefore, ids);
    reports.set(mirror.name, { ...totals(mirror.name, contents), downloaded, downloadedBytes, ...changes, status: 'updated' });
    report({ type: 'done', subject: mirror.name, summary: counted(list.count, 'package') });
  };

  return {
    states,
    reports,
    async attempt(name, step) {
      if (reports.get(name)?.status === 'failed' || context.signal.aborted) return;
      try {
        await step();
      } catch (error) {
        if (!isMirrorError(error)) throw error;
        reports.set(name, failed(name, before.get(name)?.contents, error));
        if (error.code !== 'ABORTED') report({ type: 'failed', subject: name, code: error.code, message: error.message, hint: error.hint });
      }
    },
    async refresh(mirror) {
      locks.push(await acquireLock(storage, `mirror-${mirror.name}`, `syncing ${mirror.name}`));
      held.add(mirror.name);
      await refresh(mirror.name);
    },
    async bring(mirror, selector) {
      let current = selector;
      const attempt = (): Promise<void> => bringNow(mirror, current);
      // The lock of a mirror that is not synced in this run may be somebody else's.
      const again = async (name: string, revision: string | undefined): Promise<void> => {
        await refreshing.add(async () => {
          if (held.has(name) && states.get(name)?.upstream.revision === revision) await refresh(name);
        });
        current = createSelector(context, states);
      };
      await withChangingUpstreams(attempt, { name: mirror.name, states, refresh: again, report });
    },
    release() {
      for (const lock of locks) lock.release();
    },
  };
}

type Origins = Pick<MirrorContents, 'checked' | 'keys' | 'supplements'>;

/** How the packages of a selection are checked, and against which keys: what holds for every mirror that they come from; and what else these have. */
function originsOf(mirror: NamedMirror, { selected }: Selection, states: ReadonlyMap<string, MirrorState>): Origins {
  const names = new Set([mirror.name, ...selected.map((candidate) => candidate.mirror)]);
  const sources = [...names].flatMap((name) => states.get(name) ?? []);
  return {
    checked: {
      metadata: sources.every(({ upstream }) => upstream.verification.metadata),
      packages: sources.every(({ upstream }) => upstream.verification.packages),
    },
    keys: combinedKeys(sources),
    supplements: sources.flatMap((source) => source.upstream.supplements),
  };
}

interface ContentsBefore {
  readonly checkedBefore: ReadonlySet<string>;
  readonly storedBefore: ReadonlySet<number>;
}

/** What the mirror has; its files count as checked only where they were checked against the keys that are trusted now. */
function contentsBefore(contents: MirrorContents | undefined, origins: Origins, { catalogue }: OperationContext): ContentsBefore {
  const storedBefore = new Set<number>();
  const checkedBefore = new Set<string>();
  if (contents === undefined) return { storedBefore, checkedBefore };
  const checked = contents.checked.packages && keyText(contents.keys) === keyText(origins.keys);
  for (const entry of catalogue.packages(contents.list.id)) {
    storedBefore.add(entry.id);
    if (checked) checkedBefore.add(checkedAs(entry, entry.sha256));
  }
  return { storedBefore, checkedBefore };
}

function difference(before: ReadonlySet<number>, ids: readonly number[]): { added: number; removed: number } {
  const now = new Set(ids);
  let kept = 0;
  for (const id of now) if (before.has(id)) kept += 1;
  return { added: now.size - kept, removed: before.size - kept };
}

/** What a sync would have the mirror have, and fetch for it. */
async function planned(state: MirrorState, { selected, unsatisfied }: Selection, { blobs }: OperationContext): Promise<MirrorReport> {
  const { verification } = state.upstream;
  let [bytes, downloaded, downloadedBytes] = [0, 0, 0];
  for (const candidate of selected) {
    bytes += totalSize(candidate);
    const sha256 = sha256Of({ checksums: candidate.checksums });
    if (sha256 !== undefined && (await blobs.stat(sha256)) !== undefined) continue;
    downloaded += 1;
    downloadedBytes += totalSize(candidate);
  }
  return {
    ...totals(state.name, state.contents),
    status: 'planned',
    packages: selected.length,
    bytes,
    downloaded,
    downloadedBytes,
    verified: verification.metadata || verification.packages,
    unsatisfied,
  };
}

function failed(name: string, contents: MirrorContents | undefined, error: MirrorError): MirrorReport {
  return { ...totals(name, contents), status: 'failed', error };
}

function totals(name: string, contents: MirrorContents | undefined): Omit<MirrorReport, 'status'> {
  return {
    name,
    packages: contents?.list.count ?? 0,
    bytes: contents?.list.bytes ?? 0,
    downloaded: 0,
    downloadedBytes: 0,
    added: 0,
    removed: 0,
    verified: contents !== undefined && (contents.checked.metadata || contents.checked.packages),
    unsatisfied: contents?.unsatisfied ?? [],
  };
}
