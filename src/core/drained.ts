import type { EventEmitter } from 'node:events';

/**
 * Waits until something that is written to takes more, or nobody takes it any more.
 * @param ends further events after which nobody waits; `close` is one always.
 */
export function drained(written: EventEmitter, ...ends: readonly string[]): Promise<void> {
  const events = ['drain', 'close', ...ends];
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) written.off(event, done);
      resolve();
    };
    for (const event of events) written.on(event, done);
  });
}
