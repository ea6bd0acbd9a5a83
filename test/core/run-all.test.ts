import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runAll } from '../../src/core/run-all.ts';

describe('core/run-all', () => {
  it('gives results in the order of the tasks, and runs no more at a time than it may', async () => {
    let [running, most] = [0, 0];
    const task = (result: number) => async (): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      await wait(5 - result);
      running -= 1;
      return result;
    };
    expect(await runAll([0, 1, 2, 3, 4].map(task), 2)).toEqual([0, 1, 2, 3, 4]);
    expect(most).toBe(2);
    expect(await runAll([], 2)).toEqual([]);
  });

  it('waits for what has begun and begins nothing else when a task fails', async () => {
    const done: string[] = [];
    const tasks = [
      async () => {
        await wait(20);
        done.push('first');
      },
      async () => {
        throw new Error('second');
      },
      async () => {
        done.push('third');
      },
    ];
    await expect(runAll(tasks, 2)).rejects.toThrow('second');
    expect(done).not.toContain('third');
    expect(done).toContain('first');
  });
});
