import { reasonOf } from '../core/errors.ts';
import type { TreeEntry } from '../store/generations.ts';
import type { Log } from './log.ts';

export type Entries = ReadonlyMap<string, TreeEntry>;

/** Files of earlier generations whose names keep their meaning (packages, files named by their hash) and that the current one lacks. */
export interface EarlierFiles {
  /** The newest such file with this path, relative to the publication's root. */
  find(path: string): Promise<TreeEntry | undefined>;
}

/**
 * What each step from one generation to the next lost, by the digests of both. It never changes, is small, and is all that is kept in memory
 * of earlier generations; it outlives the generation for which it was made.
 */
export type LossMemory = Map<string, Entries>;

export interface EarlierFilesOptions {
  readonly current: { readonly digest: string; readonly entries: Entries };
  /** Digests of the earlier generations' maps that still answer, newest first. */
  readonly earlier: readonly string[];
  readonly losses: LossMemory;
  load(digest: string): Promise<Entries>;
  readonly log: Log;
}

const RETRY_AFTER_MS = 60_000;

/** The key of one step in a LossMemory. */
function stepKey(older: string, newer: string): string {
  return `${older}:${newer}`;
}

/** The steps of a memory that lie between neighbours of a chain of generations, newest first. */
export function keepSteps(losses: LossMemory, chain: readonly string[]): LossMemory {
  const kept: LossMemory = new Map();
  for (const [index, newer] of chain.entries()) {
    const key = stepKey(chain[index + 1] ?? '', newer);
    const known = losses.get(key);
    if (known !== undefined) kept.set(key, known);
  }
  return kept;
}

/** Remembers what the step between two generations lost, for the earlier files of the newer one. */
export function rememberLoss(
  losses: LossMemory,
  older: { readonly digest: string; readonly entries: Entries },
  newer: { readonly digest: string; readonly entries: Entries },
): Entries {
  const lost = new Map<string, TreeEntry>();
  for (const [path, entry] of older.entries) {
    if (entry.permanence !== 'fixed' || newer.entries.has(path)) continue;
    const own = ownText(path);
    lost.set(own, { ...entry, path: own, blob: { sha256: ownText(entry.blob.sha256), size: entry.blob.size } });
  }
  losses.set(stepKey(older.digest, newer.digest), lost);
  return lost;
}

/** The same text in memory of its own: a piece of another text would hold all of that, here a whole map. */
function ownText(text: string): string {
  return Buffer.from(text).toString();
}

/** Looks through earlier generations; their maps are read when a path is first asked for that the current one lacks. */
export function createEarlierFiles(options: EarlierFilesOptions): EarlierFiles {
  const { current, earlier, losses, log } = options;
  let chain: Promise<readonly Entries[]> | undefined;

  const walk = async (): Promise<{ readonly chain: readonly Entries[]; readonly whole: boolean }> => {
    const steps: Entries[] = [];
    let whole = true;
    let newer: { digest: string; entries: Entries | undefined } = current;
    for (const digest of earlier) {
      const known = losses.get(stepKey(digest, newer.digest));
      if (known !== undefined) {
        steps.push(known);
        newer = { digest, entries: undefined };
        continue;
      }
      try {
        const newerEntries = newer.entries ?? (await options.load(newer.digest));
        const entries = await options.load(digest);
        steps.push(rememberLoss(losses, { digest, entries }, { digest: newer.digest, entries: newerEntries }));
        newer = { digest, entries };
      } catch (error) {
        whole = false;
        log.warn('an earlier generation cannot be read', { digest, reason: reasonOf(error) });
      }
    }
    return { chain: steps, whole };
  };

  const begin = async (): Promise<readonly Entries[]> => {
    const result = await walk();
    if (!result.whole) {
      setTimeout(() => {
        chain = undefined;
      }, RETRY_AFTER_MS).unref();
    }
    return result.chain;
  };

  return {
    async find(path) {
      if (earlier.length === 0) return undefined;
      chain ??= begin();
      for (const lost of await chain) {
        const entry = lost.get(path);
        if (entry !== undefined) return entry;
      }
      return undefined;
    },
  };
}
