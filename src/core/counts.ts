/** Whole numbers with thousands set apart: `12,345`. */
export function formatCount(count: number): string {
  return String(Math.trunc(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/**
 * The first few of some texts, and how many more there are: `a, b and 3 more`. Between lines, that stands on a line of its own.
 * @param most how many are shown.
 */
export function shortened(texts: readonly string[], most: number, between: ', ' | '\n  ' = ', '): string {
  const shown = texts.slice(0, most).join(between);
  return texts.length <= most ? shown : `${shown}${between === ', ' ? ' ' : between}and ${formatCount(texts.length - most)} more`;
}

/** `1 package`, `12,345 packages`; `2 indexes` where the plural is given. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}
