import { reasonOf } from '../core/errors.ts';
import { createStateReader, type StateReaderOptions } from './state-reader.ts';
import type { View } from './view.ts';

/** What is published, kept up to date with the state database. */
export interface Published {
  /** The current view. Waits a moment where a new generation is being read, so that what `mirror publish` has finished is seen. */
  view(): View | Promise<View>;
  /** Why the state cannot be read; undefined when it can. */
  problem(): string | undefined;
  close(): void;
}

/** How often changes are looked for while there are no requests. */
const TICK_MS = 1000;
/** How long after a failure reading is tried again. */
const RETRY_MS = 250;
/** The longest that a request waits for a new generation before it is answered from the last. */
const WAIT_MS = 2000;

/** Starts to follow the state database. What is there is read before this returns; where that fails, it is logged and tried again. */
export async function openPublished(options: StateReaderOptions): Promise<Published> {
  const reader = createStateReader(options);
  let pausedUntil = 0;
  let refreshing: Promise<void> | undefined;
  let problem: string | undefined;

  const fail = (error: unknown): void => {
    const reason = reasonOf(error);
    if (reason !== problem) options.log.warn('the published state cannot be read; what was read last stays served', { reason });
    problem = reason;
    pausedUntil = performance.now() + RETRY_MS;
  };
  const refresh = async (): Promise<void> => {
    try {
      // A request that comes while this reads waits for it, and must see what was committed before it came.
      do await reader.refresh();
      while (reader.changed());
      if (problem !== undefined) options.log.info('the published state can be read again');
      problem = undefined;
    } catch (error) {
      fail(error);
    } finally {
      refreshing = undefined;
    }
  };
  const check = (): void => {
    if (refreshing !== undefined || performance.now() < pausedUntil) return;
    try {
      if (reader.changed()) refreshing = refresh();
    } catch (error) {
      fail(error);
    }
  };

  if (reader.changed()) await refresh();
  else fail(new Error('there is no state database yet'));
  const timer = setInterval(() => {
    reader.dropReplaced();
    check();
  }, TICK_MS);
  timer.unref();

  return {
    view() {
      check();
      return refreshing === undefined ? reader.view() : Promise.race([refreshing, pause(WAIT_MS)]).then(() => reader.view());
    },
    problem: () => problem,
    close() {
      clearInterval(timer);
      reader.close();
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
