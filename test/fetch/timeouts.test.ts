import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { TryFailure } from '../../src/fetch/failure.ts';
import { createSpeedCheck, createWatchdog } from '../../src/fetch/timeouts.ts';

/** The failure that a watchdog of 40 ms comes to, or undefined when there is none in 150 ms. */
async function verdictOf(steps: (watchdog: ReturnType<typeof createWatchdog>) => Promise<void> | void): Promise<TryFailure | undefined> {
  let verdict: TryFailure | undefined;
  const watchdog = createWatchdog(40, (failure) => {
    verdict ??= failure;
  });
  await steps(watchdog);
  await sleep(150);
  watchdog.stop();
  return verdict;
}

describe('fetch/timeouts', () => {
  it('names what was waited for', async () => {
    const [connection, answer, data] = await Promise.all([
      verdictOf(() => undefined),
      verdictOf((watchdog) => watchdog.waitFor('answer')),
      verdictOf((watchdog) => watchdog.waitFor('data')),
    ]);
    expect(connection).toMatchObject({ code: 'FETCH_TIMEOUT', message: 'no connection within 0.04 s', again: 'later' });
    expect(answer?.message).toBe('no answer within 0.04 s');
    expect(data?.message).toBe('no data for 0.04 s');
  });

  it('does not count the time that this side takes', async () => {
    expect(await verdictOf((watchdog) => watchdog.hold())).toBeUndefined();
  });

  it('waits several timeouts long where that is said', async () => {
    expect(await verdictOf((watchdog) => watchdog.waitFor('answer', 1000))).toBeUndefined();
    expect((await verdictOf((watchdog) => watchdog.waitFor('answer', 2)))?.message).toBe('no answer within 0.08 s');
  });

  it('counts again after a hold', async () => {
    const verdict = await verdictOf(async (watchdog) => {
      watchdog.hold();
      await sleep(60);
      watchdog.waitFor('data');
    });
    expect(verdict?.message).toBe('no data for 0.04 s');
  });

  it('is silent once stopped', async () => {
    expect(await verdictOf((watchdog) => watchdog.stop())).toBeUndefined();
  });

  describe('speed', () => {
    it('refuses a window under the floor', () => {
      const check = createSpeedCheck({ bytesPerSecond: 100, window: 1000 });
      for (let count = 0; count < 9; count++) check(1, 100);
      expect(() => check(1, 100)).toThrow('only 10 bytes in 1 s');
    });

    it('begins again with each window', () => {
      const check = createSpeedCheck({ bytesPerSecond: 100, window: 1000 });
      check(1_000_000, 1000);
      check(50, 500);
      expect(() => check(1, 600)).toThrow(expect.objectContaining({ code: 'FETCH_TIMEOUT', blamesServer: true }));
    });

    it('lets a small file be slow', () => {
      const check = createSpeedCheck({ bytesPerSecond: 100, window: 1000 });
      expect(() => check(1, 999)).not.toThrow();
    });
  });
});
