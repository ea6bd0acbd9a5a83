/** Bits of a byte array, the most significant of each byte first. */
export interface BitReader {
  /** The next bits as an unsigned number; 0 to 24 of them. Throws what `atEnd` makes when there are not as many. */
  read(count: number): number;
  /** Goes on at the next whole byte. */
  align(): void;
  /** Bytes that are not yet begun. */
  left(): number;
  /** More bytes, after those that are there. */
  append(bytes: Uint8Array): void;
}

export function createBitReader(atEnd: () => Error): BitReader {
  let bytes: Uint8Array = new Uint8Array(0);
  let at = 0;
  let held = 0;
  let heldCount = 0;
  return {
    read(count) {
      while (heldCount < count) {
        const next = bytes[at];
        if (next === undefined) throw atEnd();
        at++;
        held = (held << 8) | next;
        heldCount += 8;
      }
      heldCount -= count;
      return (held >>> heldCount) & ((1 << count) - 1);
    },
    align() {
      heldCount -= heldCount % 8;
    },
    left: () => bytes.length - at + Math.floor(heldCount / 8),
    append(more) {
      bytes = at === bytes.length ? more : Buffer.concat([bytes.subarray(at), more]);
      at = 0;
    },
  };
}
