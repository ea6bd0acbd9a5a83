import { publicationRenewal } from '../config/publications.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { reasonOf } from '../core/errors.ts';
import type { PublicationState } from '../store/catalogue.ts';
import type { Log } from './log.ts';

/** Publishes what is published again, newly dated, in a process of its own. Rejects when that fails; the signal ends it. */
export type Renew = (publication: string, signal: AbortSignal) => Promise<void>;

export interface RenewalOptions {
  readonly publications: Config['publications'];
  /** What is published now. */
  states(): Promise<readonly PublicationState[]>;
  readonly renew: Renew;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Renewal {
  /** Ends what is under way, and waits for its end. */
  close(): Promise<void>;
}

/** How often publications are looked at, in milliseconds. */
const TICK_MS = 1000;
/** Between a failure and the next try: a part of the time that is left, in milliseconds at least and at most. */
const RETRY = { part: 10, least: 1000, most: 300_000 } as const;

/**
 * Renews publications whose metadata clients may use for a limited time (`validFor`), each when half of it has passed, one at a time.
 * What fails is logged and tried again.
 */
export function startRenewal({ publications, states, renew, clock, log }: RenewalOptions): Renewal {
  const stopping = new AbortController();
  const notBefore = new Map<string, number>();
  let running: Promise<void> | undefined;

  const renewOne = async (name: string, validity: number): Promise<void> => {
    try {
      await renew(name, stopping.signal);
      log.info('the published metadata was renewed', { publication: name });
      notBefore.delete(name);
    } catch (error) {
      if (stopping.signal.aborted) return;
      const wait = Math.min(Math.max(validity / 2 / RETRY.part, RETRY.least), RETRY.most);
      notBefore.set(name, clock.now().getTime() + wait);
      log.error('the published metadata could not be renewed; it is tried again', { publication: name, reason: reasonOf(error) });
    }
  };
  const renewDue = async (): Promise<void> => {
    for (const { name, generation } of await states()) {
      const publication = Object.hasOwn(publications, name) ? publications[name] : undefined;
      const due = publication === undefined ? undefined : publicationRenewal(publication, generation.publishedAt);
      if (due === undefined || stopping.signal.aborted) continue;
      if (Math.max(due, notBefore.get(name) ?? 0) > clock.now().getTime()) continue;
      await renewOne(name, 2 * (due - generation.publishedAt));
    }
  };
  const timer = setInterval(() => {
    running ??= renewDue()
      .catch((error: unknown) => log.error('publications that are to be renewed cannot be looked at', { reason: reasonOf(error) }))
      .finally(() => {
        running = undefined;
      });
  }, TICK_MS);
  timer.unref();

  return {
    async close() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}
