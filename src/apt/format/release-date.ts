const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DATE =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), +)?(?<day>\d{1,2}) +(?<month>[A-Z][a-z]{2}) +(?<year>\d{4}) +(?<hour>\d{1,2}):(?<minute>\d{2}):(?<second>\d{2}) +(?:UTC|GMT|UT|Z|[+-]0000)$/;

/**
 * The time that a Date or Valid-Until field of a Release file states, in milliseconds since 1970; undefined when it is not of the form
 * `Sat, 08 Jun 2024 09:12:01 UTC` (RFC 1123 in UTC, the only zone that apt takes) or names a time that does not exist.
 */
export function parseReleaseDate(text: string): number | undefined {
  const groups = DATE.exec(text.trim())?.groups;
  if (groups === undefined) return undefined;
  const part = (name: string): number => Number(groups[name]);
  const month = MONTHS.indexOf(groups['month'] ?? '');
  const date = new Date(Date.UTC(part('year'), month, part('day'), part('hour'), part('minute'), part('second')));
  const exists =
    date.getUTCFullYear() === part('year') &&
    date.getUTCMonth() === month &&
    date.getUTCDate() === part('day') &&
    date.getUTCHours() === part('hour') &&
    date.getUTCMinutes() === part('minute') &&
    date.getUTCSeconds() === part('second');
  return exists ? date.getTime() : undefined;
}

/** A time as Release files state it, in whole seconds: `Sat, 08 Jun 2024 09:12:01 UTC`. */
export function formatReleaseDate(time: Date): string {
  return time.toUTCString().replace(/GMT$/, 'UTC');
}
