/** The longest that a server may ask us to wait, in milliseconds. */
export const RETRY_AFTER_CEILING = 120_000;

/**
 * The delay that a Retry-After header asks for (RFC 9110 section 10.2.3: seconds or a date), in milliseconds from `now`
 * (milliseconds since 1970), at most RETRY_AFTER_CEILING. Undefined when there is none or it is malformed.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, RETRY_AFTER_CEILING);
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return undefined;
  const date = Date.parse(/ GMT$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(date) ? undefined : Math.min(Math.max(date - now, 0), RETRY_AFTER_CEILING);
}
