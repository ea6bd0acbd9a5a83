import type { Clock } from '../core/clock.ts';
import { reasonOf } from '../core/errors.ts';
import type { Catalogue, PublicationState } from '../store/catalogue.ts';
import { indexDirectories } from './directories.ts';
import { createEarlierFiles, type Entries, keepSteps, type LossMemory, rememberLoss } from './earlier-files.ts';
import type { Log } from './log.ts';
import { createView, type ServedPublication, type View } from './view.ts';

export interface StateReaderOptions {
  /** Opens the state database for reading. */
  openCatalogue(): Catalogue | Promise<Catalogue>;
  /** Identifies the file that the database is in, so that one put in its place is noticed; undefined while there is none. */
  catalogueIdentity(): string | undefined;
  loadGeneration(digest: string): Promise<Entries>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Earlier generations that answer for packages and files named by their hash: this many, and all of the last day. */
const EARLIER_KEPT = 3;
const EARLIER_KEPT_MS = 24 * 60 * 60 * 1000;

export interface StateReader {
  /** Whether the database has changed since it was last read whole. */
  changed(): boolean;
  /** Reads what has changed. Throws where something could not be read; everything else is in the view nonetheless. */
  refresh(): Promise<void>;
  view(): View;
  /** Lets go of a database that another file has taken the place of. */
  dropReplaced(): void;
  close(): void;
}

/** Reads publications and their generations from the state database as they change. */
export function createStateReader(options: StateReaderOptions): StateReader {
  let open: { readonly catalogue: Catalogue; readonly identity: string | undefined } | undefined;
  let seen: number | undefined;
  let followed: readonly Followed[] = [];
  let view = createView(followed);
  let closed = false;
  const drop = (): void => {
    open?.catalogue.close();
    open = undefined;
    seen = undefined;
  };
  return {
    view: () => view,
    changed: () => (open === undefined ? options.catalogueIdentity() !== undefined : open.catalogue.changes() !== seen),
    async refresh() {
      if (open === undefined) {
        const identity = options.catalogueIdentity();
        const catalogue = await options.openCatalogue();
        if (closed) return catalogue.close();
        open = { catalogue, identity };
      }
      const { catalogue } = open;
      const changes = catalogue.changes();
      const states = catalogue.publications().map((state) => ({ state, earlier: earlierDigests(catalogue, state, options.clock.now()) }));
      const next: Followed[] = [];
      const failures: string[] = [];
      for (const { state, earlier } of states) {
        const present = followed.find((served) => served.state.name === state.name);
        try {
          next.push(await follow({ state, earlier, present, options }));
        } catch (error) {
          failures.push(`generation ${state.generation.number} of ${state.name}: ${reasonOf(error)}`);
          if (present !== undefined) next.push(present);
        }
      }
      followed = next;
      view = createView(followed);
      if (failures.length > 0) throw new Error(failures.join('; '));
      seen = changes;
    },
    dropReplaced() {
      const identity = open === undefined ? undefined : options.catalogueIdentity();
      if (identity !== undefined && identity !== open?.identity) drop();
    },
    close() {
      closed = true;
      drop();
    },
  };
}

/** A served publication with what its next generation takes over. */
interface Followed extends ServedPublication {
  readonly earlier: readonly string[];
  readonly losses: LossMemory;
}

interface FollowOptions {
  readonly state: PublicationState;
  readonly earlier: readonly string[];
  readonly present: Followed | undefined;
  readonly options: StateReaderOptions;
}

async function follow({ state, earlier, present, options }: FollowOptions): Promise<Followed> {
  const { digest } = state.generation;
  const unmoved = present?.state.generation.digest === digest;
  const entries = unmoved ? present.entries : await options.loadGeneration(digest);
  const losses = keepSteps(present?.losses ?? new Map(), [digest, ...earlier]);
  if (present !== undefined && !unmoved && earlier[0] === present.state.generation.digest) {
    rememberLoss(losses, { digest: present.state.generation.digest, entries: present.entries }, { digest, entries });
  }
  if (unmoved && sameTexts(present.earlier, earlier)) return { ...present, state };
  let directories: ReturnType<typeof indexDirectories> | undefined;
  const earlierFiles = createEarlierFiles({
    current: { digest, entries },
    earlier,
    losses,
    load: options.loadGeneration,
    log: options.log,
  });
  return {
    state,
    entries,
    earlier,
    losses,
    directory(path) {
      directories ??= indexDirectories(entries.values());
      return directories.get(path);
    },
    findEarlier: earlierFiles.find,
  };
}

/** Digests of the generations besides the current one that still answer, newest first. */
function earlierDigests(catalogue: Catalogue, state: PublicationState, now: Date): string[] {
  const since = now.getTime() - EARLIER_KEPT_MS;
  const all = catalogue.generations(state.name);
  const digests = new Set<string>();
  for (const [index, generation] of all.entries()) {
    if (generation.number === state.generation.number) continue;
    const supersededAt = all[index - 1]?.publishedAt ?? now.getTime();
    if (digests.size < EARLIER_KEPT || supersededAt >= since) digests.add(generation.digest);
  }
  digests.delete(state.generation.digest);
  return [...digests];
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}
