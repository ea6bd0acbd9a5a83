import { describe, expect, it } from 'vitest';
import { fanOut } from '../../src/codec/fan-out.ts';

async function* numbers(end: number, given: number[] = [], failure?: Error): AsyncGenerator<number> {
  for (let number = 0; number < end; number++) {
    given.push(number);
    yield number;
  }
  if (failure !== undefined) throw failure;
}

async function all<T>(items: AsyncIterable<T>, pause = false): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) {
    found.push(item);
    if (pause) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return found;
}

describe('codec/fan-out', () => {
  it('gives every item to every reader, in order', async () => {
    const [a, b, c] = fanOut(numbers(20), { readers: 3, ahead: 2 });
    const wanted = Array.from({ length: 20 }, (_, index) => index);
    if (a === undefined || b === undefined || c === undefined) throw new Error('three readers');
    expect(await Promise.all([all(a), all(b, true), all(c)])).toEqual([wanted, wanted, wanted]);
  });

  it('lets no reader be too far ahead', async () => {
    const given: number[] = [];
    const [fast, slow] = fanOut(numbers(20, given), { readers: 2, ahead: 3 });
    if (fast === undefined || slow === undefined) throw new Error('two readers');
    const reading = all(fast);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(given).toEqual([0, 1, 2]);
    await slow.next();
    await slow.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(given).toEqual([0, 1, 2, 3]);
    await slow.return();
    expect((await reading).length).toBe(20);
  });

  it('does not wait for a reader that was ended before it began', async () => {
    const [one, other] = fanOut(numbers(20), { readers: 2, ahead: 2 });
    if (one === undefined || other === undefined) throw new Error('two readers');
    const reading = all(one);
    await other.return();
    expect((await reading).length).toBe(20);
  });

  it('fails every reader when the source fails, also those that come to it later', async () => {
    const failure = new Error('no more');
    const [one, other] = fanOut(numbers(2, [], failure), { readers: 2, ahead: 5 });
    if (one === undefined || other === undefined) throw new Error('two readers');
    await expect(all(one)).rejects.toBe(failure);
    await expect(all(other)).rejects.toBe(failure);
  });

  it('ends the source when nobody reads any more', async () => {
    let ended = false;
    async function* source(): AsyncGenerator<number> {
      try {
        for (let number = 0; ; number++) yield number;
      } finally {
        ended = true;
      }
    }
    const readers = fanOut(source(), { readers: 2, ahead: 2 });
    await readers[0]?.next();
    for (const reader of readers) await reader.return();
    expect(ended).toBe(true);
  });
});
