/** Reads a stream of bytes in pieces of the reader's own choosing. */
export interface ByteReader {
  /** Exactly `count` bytes; undefined when the source ends before the last of them. */
  exactly(count: number): Promise<Buffer | undefined>;
  /** Between one and `most` bytes, as they come; undefined at the end of the source. */
  some(most: number): Promise<Buffer | undefined>;
  /** How many bytes of the source were given so far. */
  position(): number;
  /** Ends the source, if it has not ended. */
  release(): Promise<void>;
}

/** A reader over a source, which it alone reads from then on. Errors of the source come through as they are. */
export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  let given = 0;

  async function some(most: number): Promise<Buffer | undefined> {
    while (held.length === 0) {
      const next = await iterator.next();
      if (next.done === true) return undefined;
      held = asBuffer(next.value);
    }
    const piece = held.subarray(0, most);
    held = held.subarray(piece.length);
    given += piece.length;
    return piece;
  }

  async function exactly(count: number): Promise<Buffer | undefined> {
    if (held.length >= count) {
      const piece = held.subarray(0, count);
      held = held.subarray(count);
      given += count;
      return piece;
    }
    const pieces: Buffer[] = [];
    for (let missing = count; missing > 0; ) {
      const piece = await some(missing);
      if (piece === undefined) return undefined;
      pieces.push(piece);
      missing -= piece.length;
    }
    return Buffer.concat(pieces, count);
  }

  return {
    exactly,
    some,
    position: () => given,
    async release() {
      await iterator.return?.();
    },
  };
}

/** The same bytes as a Buffer, without copying. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
