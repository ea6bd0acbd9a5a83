/** Orders texts by their UTF-16 code units, for `sort`: negative, zero or positive. The same on every machine, whatever its language. */
export function compareText(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
