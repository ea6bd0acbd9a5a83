import { setTimeout as sleep } from 'node:timers/promises';
import { isMirrorError } from '../../core/errors.ts';
import type { RegistryTables } from '../../store/registry-tables.ts';

/** Does a write of the state database together with others that come at the same time: one transaction, which waits for the disk once. */
export type QueueWrite = <T>(write: () => T) => Promise<T>;

interface Queued {
  readonly write: () => unknown;
  settle(outcome: { readonly value: unknown } | { readonly error: unknown }): void;
}

/** How long writes wait for another process that has the database, in milliseconds. */
const PATIENCE = 60_000;
const RETRY_EVERY = 20;

/**
 * Throws LOCKED when another process keeps the database busy for a minute. The thread goes on with other work in the meantime.
 * @param tables gives the tables as they are at the time of the writing.
 */
export function createWriteQueue(tables: () => Pick<RegistryTables, 'together'>): QueueWrite {
  let queue: Queued[] = [];
  let writing = false;

  const write = async (all: readonly Queued[]): Promise<void> => {
    const outcomes = await patiently(() => tables().together(all.map((queued) => queued.write)));
    for (const [index, outcome] of outcomes.entries()) all[index]?.settle(outcome);
  };
  const writeAll = async (): Promise<void> => {
    while (queue.length > 0) {
      const all = queue;
      queue = [];
      try {
        await write(all);
      } catch (error) {
        for (const { settle } of all) settle({ error });
      }
    }
    writing = false;
  };
  return <T>(work: () => T) =>
    new Promise<T>((resolve, reject) => {
      let value: { readonly result: T } | undefined;
      queue.push({
        write: () => {
          value = { result: work() };
        },
        settle(outcome) {
          if ('error' in outcome) reject(outcome.error);
          else if (value !== undefined) resolve(value.result);
        },
      });
      if (writing) return;
      writing = true;
      // Those that come in the same turn go together.
      setImmediate(() => void writeAll());
    });
}

async function patiently<T>(work: () => T): Promise<T> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isMirrorError(error, 'LOCKED') || performance.now() > deadline) throw error;
    }
    await sleep(RETRY_EVERY);
  }
}
