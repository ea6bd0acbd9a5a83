import { describe, expect, it } from 'vitest';
import { createLine } from '../../src/fetch/line.ts';

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

describe('fetch/line', () => {
  it('runs no more at once than there are places, and all in the end', async () => {
    const line = createLine(3);
    let [running, most, done] = [0, 0, 0];
    const task = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await turns();
      running--;
      done++;
    };
    await Promise.all(Array.from({ length: 20 }, () => line.run(task, false)));
    expect([most, done]).toEqual([3, 20]);
  });

  it('lets those that go first pass the others', async () => {
    const line = createLine(1);
    const order: string[] = [];
    const task = (name: string) => async (): Promise<void> => {
      order.push(name);
      await turns();
    };
    await Promise.all([line.run(task('a'), false), line.run(task('b'), false), line.run(task('c'), false), line.run(task('first'), true)]);
    expect(order).toEqual(['a', 'first', 'b', 'c']);
  });

  it('keeps its places when tasks fail', async () => {
    const line = createLine(1);
    const failing = async (): Promise<void> => {
      throw new Error('no');
    };
    for (let count = 0; count < 3; count++) await expect(line.run(failing, false)).rejects.toThrow('no');
    expect(await line.run(async () => 'yes', false)).toBe('yes');
  });
});
