import PQueue from 'p-queue';
import { counted } from '../core/counts.ts';
import { sha256Of } from '../core/digests.ts';
import { isMirrorError, MirrorError } from '../core/errors.ts';
import { failedEvent } from '../core/events.ts';
import type { Contents, MirrorContents, MirrorState } from '../store/catalogue.ts';
import { acquireLock, type Lock } from '../store/locks.ts';
import { withChangingUpstreams } from './changing-upstreams.ts';
import { combinedOrigins } from './contents.ts';
import type { OperationContext } from './context.ts';
import { keyText } from './key-text.ts';
import { mirrorsNamed, type NamedMirror } from './names.ts';
import { checkedAs } from './package-plan.ts';
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
  const run = new SyncRun(context, options);
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

class SyncRun {
  /** What is known of every mirror that has metadata, refreshed in this run or before. */
  readonly states: Map<string, MirrorState>;
  readonly reports = new Map<string, MirrorReport>();
  readonly #context: OperationContext;
  readonly #options: SyncOptions;
  readonly #before: ReadonlyMap<string, MirrorState>;
  readonly #open = new Map<string, Promise<OpenMirror>>();
  readonly #locks = new Map<string, Lock>();
  readonly #refreshing = new PQueue({ concurrency: 1 });

  constructor(context: OperationContext, options: SyncOptions) {
    this.#context = context;
    this.#options = options;
    this.#before = new Map(context.catalogue.mirrors().map((state) => [state.name, state]));
    this.states = new Map([...this.#before].filter(([name, state]) => context.config.mirrors[name]?.type === state.family));
  }

  /** Runs one step for a mirror that has not failed yet; its error becomes the mirror's report. */
  async attempt(name: string, step: () => Promise<void>): Promise<void> {
    const { report, signal } = this.#context;
    if (this.reports.get(name)?.status === 'failed' || signal.aborted) return;
    try {
      await step();
    } catch (error) {
      if (!isMirrorError(error)) throw error;
      this.reports.set(name, failed(name, this.#before.get(name)?.contents, error));
      if (error.code !== 'ABORTED') report(failedEvent(name, error));
    }
  }

  /** Locks the mirror and fetches its metadata. */
  async refresh({ name }: NamedMirror): Promise<void> {
    this.#locks.set(name, await acquireLock(this.#context.storage, `mirror-${name}`, `syncing ${name}`));
    await this.#refreshNow(name);
  }

  /** Selects and brings the mirror's packages, anew where an upstream changes meanwhile. */
  async bring(mirror: NamedMirror, selector: Selector): Promise<void> {
    let current = selector;
    const attempt = (): Promise<void> => this.#bringNow(mirror, current);
    // The lock of a mirror that is not synced in this run may be somebody else's.
    const refresh = async (name: string, revision: string | undefined): Promise<void> => {
      await this.#refreshing.add(async () => {
        if (this.#locks.has(name) && this.states.get(name)?.upstream.revision === revision) await this.#refreshNow(name);
      });
      current = createSelector(this.#context, this.states);
    };
    await withChangingUpstreams(attempt, { name: mirror.name, states: this.states, refresh, report: this.#context.report });
  }

  /** Gives the locks back. */
  release(): void {
    for (const lock of this.#locks.values()) lock.release();
  }

  async #refreshNow(name: string): Promise<void> {
    const refreshed = await refreshWithKeys(await this.#opened(name), this.#context, { store: this.#options.dryRun !== true });
    this.#open.set(name, Promise.resolve(refreshed.mirror));
    this.states.set(name, refreshed.state);
  }

  /** Also for mirrors that are not synced in this run but offer a dependency. */
  #opened(name: string): Promise<OpenMirror> {
    const config = this.#context.config.mirrors[name];
    if (config === undefined) throw new MirrorError('NAME_UNKNOWN', `no mirror is named "${name}"`);
    let mirror = this.#open.get(name);
    if (mirror === undefined) {
      mirror = openMirror({ name, config }, this.#context);
      this.#open.set(name, mirror);
    }
    return mirror;
  }

  async #bringNow(mirror: NamedMirror, selector: Selector): Promise<void> {
    const { catalogue, clock, report } = this.#context;
    const { dryRun = false, metadataOnly = false } = this.#options;
    const state = this.states.get(mirror.name);
    if (state === undefined) return;
    const key = await selector.key(mirror);
    if (state.contents?.selection === key) {
      const contents = { ...state.contents, syncedAt: clock.now().getTime() };
      if (!dryRun) catalogue.putMirror({ ...state, contents });
      this.reports.set(mirror.name, { ...totals(mirror.name, contents), status: 'unchanged' });
      report({ type: 'done', subject: mirror.name, summary: 'unchanged' });
      return;
    }
    const selection = await this.#select(mirror, selector);
    if (dryRun || metadataOnly) {
      this.reports.set(mirror.name, await planned(state, selection, this.#context));
      return;
    }
    const origins = originsOf(mirror, selection, this.states);
    const had = contentsBefore(state.contents, origins, this.#context);
    const opened = (name: string): Promise<OpenMirror> => this.#opened(name);
    const { bringPackages } = await import('./bring-packages.ts');
    const brought = await bringPackages({ mirror, selection, states: this.states, opened, ...had }, this.#context);
    const { ids, downloaded, downloadedBytes } = brought;
    const list = catalogue.saveList(state.family, ids);
    const { unsatisfied } = selection;
    const contents = { list, selection: key, unsatisfied, ...origins, syncedAt: clock.now().getTime() };
    catalogue.putMirror({ ...state, contents });
    const changes = difference(had.storedBefore, ids);
    this.reports.set(mirror.name, { ...totals(mirror.name, contents), downloaded, downloadedBytes, ...changes, status: 'updated' });
    report({ type: 'done', subject: mirror.name, summary: counted(list.count, 'package') });
  }

  /** What the mirror is to have, with warnings of what cannot be. */
  async #select({ name, config }: NamedMirror, selector: Selector): Promise<Selection> {
    const { report } = this.#context;
    report({ type: 'phase', subject: name, phase: 'select' });
    const selection = await selector.select({ name, config });
    const { warnUnsatisfied } = await import('./dependencies.ts');
    warnUnsatisfied(name, selection.unsatisfied, this.#context, { shown: UNSATISFIED_SHOWN, more: `mirror show ${name} lists them` });
    if (config.filter !== undefined && selection.selected.length === 0) {
      report({ type: 'warning', subject: name, message: `the filter matches no package of the upstream: ${config.filter}` });
    }
    return selection;
  }
}

type Origins = Omit<Contents, 'list'>;

/** How the packages of a selection are checked, and against which keys: what holds for every mirror that they come from; and what else these have. */
function originsOf(mirror: NamedMirror, { selected }: Selection, states: ReadonlyMap<string, MirrorState>): Origins {
  const names = new Set([mirror.name, ...selected.map((candidate) => candidate.mirror)]);
  const sources = [...names].flatMap((name) => states.get(name) ?? []);
  return combinedOrigins(
    sources.map(({ upstream, keys }) => ({ supplements: upstream.supplements, checked: upstream.verification, keys })),
  );
}

interface ContentsBefore {
  readonly checkedBefore: ReadonlySet<string>;
  readonly storedBefore: ReadonlySet<number>;
}

/** What the mirror has; its files count as checked only where they were checked against the keys that are trusted now, and nothing weaker was accepted. */
function contentsBefore(contents: MirrorContents | undefined, origins: Origins, { catalogue }: OperationContext): ContentsBefore {
  const storedBefore = new Set<number>();
  const checkedBefore = new Set<string>();
  if (contents === undefined) return { storedBefore, checkedBefore };
  const accepted = new Set(origins.checked.weak);
  const strongEnough = (contents.checked.weak ?? []).every((weak) => accepted.has(weak));
  const checked = contents.checked.packages && strongEnough && keyText(contents.keys) === keyText(origins.keys);
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
