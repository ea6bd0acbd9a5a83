const LF = 0x0a;
const CR = 0x0d;

/** Gives the bytes of a text piece by piece with each LF that no CR precedes made CRLF, as signatures of texts hash them (RFC 9580 section 5.2.1.2). */
export function lineEndConverter(): (bytes: Uint8Array) => Uint8Array {
  let previous = 0;
  return (bytes) => {
    const result = Buffer.allocUnsafe(bytes.length * 2);
    let length = 0;
    for (const byte of bytes) {
      if (byte === LF && previous !== CR) result[length++] = CR;
      result[length++] = byte;
      previous = byte;
    }
    return result.subarray(0, length);
  };
}
