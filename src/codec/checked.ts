import { createHash } from 'node:crypto';
import type { Expected } from '../core/digests.ts';
import { MirrorError } from '../core/errors.ts';
import { asBuffer } from './byte-reader.ts';

/**
 * Passes bytes on and checks them on the way: CHECKSUM_MISMATCH as soon as there are more than the stated size, and at the end when
 * there are fewer or any stated checksum differs. What was passed on must not be trusted before the end has been reached.
 */
export async function* checked(source: AsyncIterable<Uint8Array>, expected: Expected, what: string): AsyncGenerator<Buffer> {
  const hashes = expected.checksums.map((checksum) => ({ checksum, hash: createHash(checksum.algorithm) }));
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (expected.size !== undefined && size > expected.size) {
      throw new MirrorError('CHECKSUM_MISMATCH', `${what} has more than the ${expected.size} bytes that are promised`);
    }
    for (const { hash } of hashes) hash.update(chunk);
    yield asBuffer(chunk);
  }
  if (expected.size !== undefined && size !== expected.size) {
    throw new MirrorError('CHECKSUM_MISMATCH', `${what} has ${size} bytes and ${expected.size} are promised`);
  }
  for (const { checksum, hash } of hashes) {
    const found = hash.digest('hex');
    if (found !== checksum.value) {
      throw new MirrorError('CHECKSUM_MISMATCH', `${what} has the ${checksum.algorithm} ${found} and ${checksum.value} is promised`);
    }
  }
}
