import { PassThrough } from 'node:stream';
import { drained } from '../core/drained.ts';
import type { Answer } from './transport.ts';

/** Bytes of a body that wait for whoever reads it. */
const AHEAD = 1024 * 1024;

/** The body of an answer, to be read at the reader's pace. Errors are those of `Answer.read`. A reader that stops early ends the request. */
export async function* bodyOf(answer: Answer): AsyncGenerator<Buffer> {
  const stream = new PassThrough({ highWaterMark: AHEAD });
  const taken = (chunk: Buffer): Promise<void> | undefined => {
    if (stream.destroyed) throw new Error('nobody reads the rest');
    return stream.write(chunk) ? undefined : drained(stream);
  };
  answer.read(taken).then(
    () => stream.end(),
    (error: unknown) => stream.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  yield* stream as AsyncIterable<Buffer>;
}
