/** Orders texts by their UTF-16 code units, for `sort`: negative, zero or positive. The same on every machine, whatever its language. */
export function compareText(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Half of a character beyond the Basic Multilingual Plane: the only characters that UTF-16 sorts in another way than UTF-8. */
export const SURROGATE = /[\ud800-\udfff]/;

/** Order of the bytes of two texts in UTF-8. */
export function compareBytes(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return compareText(a, b);
}
