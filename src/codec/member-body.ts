import type { ByteReader } from './byte-reader.ts';

/** Pieces of the source are passed on whole; of very large ones this much, so that other work gets its turn. */
const PIECE = 1024 * 1024;

/** The bytes of one file in an archive. */
export interface MemberBody {
  /** In pieces, from where they were read to last. */
  content(): AsyncGenerator<Buffer>;
  /** Reads what is left of them. */
  passOver(): Promise<void>;
}

/**
 * The next bytes of an archive, which are to be read before anything else of it is.
 * @param cutShort makes the error that is thrown where the archive ends before them; it is told how many bytes are missing.
 */
export function memberBody(reader: ByteReader, size: number, cutShort: (missing: number) => Error): MemberBody {
  let left = size;
  async function* content(): AsyncGenerator<Buffer> {
    while (left > 0) {
      const piece = await reader.some(Math.min(left, PIECE));
      if (piece === undefined) throw cutShort(left);
      left -= piece.length;
      yield piece;
    }
  }
  return {
    content,
    async passOver() {
      const rest = content();
      for (let next = await rest.next(); next.done !== true; ) next = await rest.next();
    },
  };
}
