import type { Readable } from 'node:stream';

/**
 * Reads a stream to its end, one piece at a time: the next is read when `take` is done with the last. Rejects with the error of the
 * stream or of `take`, and only once no `take` is running; the stream is destroyed then.
 */
export function pump(stream: Readable, take: (chunk: Buffer) => Promise<void>): Promise<void> {
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
    stream.on('data', (chunk: Buffer) => {
      if (over) return;
      stream.pause();
      taking = take(chunk).then(
        () => {
          taking = undefined;
          if (ended) finish();
          else if (!over) stream.resume();
        },
        (error: unknown) => {
          taking = undefined;
          fail(error);
        },
      );
    });
    stream.once('end', () => {
      ended = true;
      finish();
    });
    stream.once('error', fail);
    stream.once('close', () => {
      if (!ended) fail(new Error('the connection was closed'));
    });
    if (stream.destroyed) fail(stream.errored ?? new Error('the connection was closed'));
  });
}
