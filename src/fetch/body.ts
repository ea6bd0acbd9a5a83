import type { Readable } from 'node:stream';

/** Takes one piece; undefined when that is done at once, and otherwise the next piece waits for the promise. */
export type Take = (chunk: Buffer) => Promise<void> | undefined;

/**
 * Reads a stream to its end, one piece at a time. Rejects with what `take` threw, or with what `broken` makes of the error of the
 * stream, and only once no `take` is running; the stream is destroyed then.
 */
export function pump(stream: Readable, take: Take, broken: (error: unknown) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    let taking: Promise<void> | undefined;
    let ended = false;
    let over = false;
    const fail = (error: unknown): void => {
      if (over) return;
      over = true;
      stream.destroy();
      if (taking === undefined) reject(error);
      else void taking.then(() => reject(error));
    };
    // A paused stream still ends once its last piece has been handed over.
    const finish = (): void => {
      if (over || !ended || taking !== undefined) return;
      over = true;
      resolve();
    };
    const taken = (): void => {
      taking = undefined;
      if (ended) finish();
      else if (!over) stream.resume();
    };
    const refused = (error: unknown): void => {
      taking = undefined;
      fail(error);
    };
    stream.on('data', (chunk: Buffer) => {
      if (over) return;
      try {
        taking = take(chunk)?.then(taken, refused);
      } catch (error) {
        fail(error);
      }
      if (taking !== undefined) stream.pause();
    });
    stream.on('end', () => {
      ended = true;
      finish();
    });
    stream.on('error', (error) => fail(broken(error)));
    stream.on('close', () => {
      if (!ended) fail(broken(new Error('the connection was closed')));
    });
    if (stream.destroyed) fail(broken(stream.errored ?? new Error('the connection was closed')));
  });
}
