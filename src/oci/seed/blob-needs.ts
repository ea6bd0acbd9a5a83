import type { ImageContent } from '../content.ts';
import type { Descriptor } from '../format/descriptor.ts';
import type { MountOutcome } from './target.ts';

/** How a blob came to be in a repository of the target. */
export type BlobOutcome = MountOutcome;

/** One blob that some repositories of the target need, and where it is from. */
export interface BlobNeed {
  readonly blob: Descriptor;
  readonly content: ImageContent;
  /** By repository; rejects where the blob cannot be brought there. */
  outcome(repository: string): Promise<BlobOutcome>;
  settle(repository: string, outcome: BlobOutcome): void;
  /** For every repository that is not settled. */
  fail(error: unknown): void;
  /** Those that are not settled. */
  open(): string[];
}

/** The blobs that images need, each once however many images need it. */
export interface BlobNeeds {
  /** Says that a repository needs a blob; the same need as before where it was said already. */
  add(repository: string, blob: Descriptor, content: ImageContent): BlobNeed;
  all(): readonly BlobNeed[];
}

export function createBlobNeeds(): BlobNeeds {
  const needs = new Map<string, BlobNeed & { require(repository: string): void }>();
  return {
    add(repository, blob, content) {
      let need = needs.get(blob.digest);
      if (need === undefined) {
        need = createNeed(blob, content);
        needs.set(blob.digest, need);
      }
      need.require(repository);
      return need;
    },
    all: () => [...needs.values()],
  };
}

function createNeed(blob: Descriptor, content: ImageContent): BlobNeed & { require(repository: string): void } {
  const outcomes = new Map<string, PromiseWithResolvers<BlobOutcome>>();
  const unsettled = new Set<string>();
  const of = (repository: string): PromiseWithResolvers<BlobOutcome> => {
    let found = outcomes.get(repository);
    if (found === undefined) {
      found = Promise.withResolvers<BlobOutcome>();
      // Whoever waits for it sees the failure; an image that failed for another reason waits no longer.
      found.promise.catch(() => undefined);
      outcomes.set(repository, found);
      unsettled.add(repository);
    }
    return found;
  };
  return {
    blob,
    content,
    require: (repository) => void of(repository),
    outcome: (repository) => of(repository).promise,
    settle(repository, outcome) {
      unsettled.delete(repository);
      of(repository).resolve(outcome);
    },
    fail(error) {
      for (const repository of unsettled) of(repository).reject(error);
      unsettled.clear();
    },
    open: () => [...unsettled],
  };
}
