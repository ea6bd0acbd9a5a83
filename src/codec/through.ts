import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface ThroughOptions {
  /** What to throw when the transform fails; errors of the source come through as they are. */
  readonly failure: (cause: unknown) => Error;
  /** Called when the transform has ended, with the number of bytes that it was given; throws when that cannot be right. */
  readonly atEnd?: ((bytesGiven: number) => void) | undefined;
}

/**
 * What a node transform makes of a source, with back pressure. When the consumer stops early the transform is destroyed
 * and the source ended.
 */
export async function* through(source: AsyncIterable<Uint8Array>, transform: Duplex, options: ThroughOptions): AsyncGenerator<Buffer> {
  let bytesGiven = 0;
  let sourceFailure: { readonly error: unknown } | undefined;
  async function* counted(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source) {
        bytesGiven += chunk.length;
        yield chunk;
      }
    } catch (error) {
      sourceFailure = { error };
      throw error;
    }
  }
  // Every failure also destroys the transform, so that reading it reports what is wrong.
  const stop = new AbortController();
  const feeding = pipeline(counted(), transform, { signal: stop.signal }).catch(() => undefined);
  try {
    for await (const chunk of transform as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    await feeding;
    if (sourceFailure !== undefined) throw sourceFailure.error;
    throw options.failure(error);
  } finally {
    stop.abort();
    await feeding;
  }
  options.atEnd?.(bytesGiven);
}
