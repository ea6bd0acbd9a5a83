import type { RegistryTables } from '../../store/registry-tables.ts';

/** Does a write of the state database together with others that come at the same time: one transaction, which waits for the disk once. */
export type QueueWrite = <T>(write: () => T) => Promise<T>;

interface Queued {
  readonly write: () => unknown;
  settle(outcome: { readonly value: unknown } | { readonly error: unknown }): void;
}

/** @param tables gives the tables as they are at the time of the writing. */
export function createWriteQueue(tables: () => Pick<RegistryTables, 'together'>): QueueWrite {
  let queue: Queued[] = [];
  const writeAll = (): void => {
    const all = queue;
    queue = [];
    try {
      const outcomes = tables().together(all.map(({ write }) => write));
      for (const [index, outcome] of outcomes.entries()) all[index]?.settle(outcome);
    } catch (error) {
      for (const { settle } of all) settle({ error });
    }
  };
  return <T>(write: () => T) =>
    new Promise<T>((resolve, reject) => {
      let value: { readonly result: T } | undefined;
      queue.push({
        write: () => {
          value = { result: write() };
        },
        settle(outcome) {
          if ('error' in outcome) reject(outcome.error);
          else if (value !== undefined) resolve(value.result);
        },
      });
      if (queue.length === 1) setImmediate(writeAll);
    });
}
