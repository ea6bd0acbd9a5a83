const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?)?(?: ?(?:UTC|GMT|Z|\+00:?00))?$/;

/**
 * The date of an advisory in seconds since 1970: `YYYY-MM-DD`, with ` HH:MM[:SS]` in UTC or without, or the seconds themselves, as SUSE has
 * them. Undefined for anything else.
 */
export function readDate(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d{1,12}$/.test(trimmed)) return Number(trimmed);
  const found = DATE.exec(trimmed);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map((part) => Number(part ?? 0));
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}
