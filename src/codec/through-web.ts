import { asBuffer } from './byte-reader.ts';

/**
 * What a web stream transform makes of a source, with back pressure; errors of the source come through as they are, those of the transform
 * as `failure` says. When the consumer stops early, or the transform ends before its input, both are ended.
 */
export async function* throughWeb(
  source: AsyncIterable<Uint8Array>,
  transform: (input: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>,
  failure: (cause: unknown) => Error,
): AsyncGenerator<Buffer> {
  const iterator = source[Symbol.asyncIterator]();
  let sourceFailure: { readonly error: unknown } | undefined;
  let stopped = false;
  const input = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = stopped ? undefined : await iterator.next();
          if (next === undefined || next.done === true) controller.close();
          else controller.enqueue(next.value);
        } catch (error) {
          sourceFailure = { error };
          throw error;
        }
      },
    },
    { highWaterMark: 0 },
  );
  const output = transform(input).getReader();
  let ended = false;
  try {
    // The transform works on the next piece while the consumer is at this one.
    let ahead = output.read();
    for (let next = await ahead; !next.done; next = await ahead) {
      ahead = output.read();
      // Its error is thrown where it is awaited, if the consumer comes that far.
      ahead.catch(() => undefined);
      yield asBuffer(next.value);
    }
    ended = true;
  } catch (error) {
    ended = true;
    throw sourceFailure === undefined ? failure(error) : sourceFailure.error;
  } finally {
    // A decoder that waits for input sees its end, so that its thread goes on and ends, too.
    stopped = true;
    // Nothing depends on how a decoder that is given up takes it.
    if (!ended) await output.cancel().catch(() => undefined);
    await iterator.return?.();
  }
}
