const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = `(${MONTHS.join('|')})`;
const TIME = '(\\d{2}):(\\d{2}):(\\d{2})';
const IMF_FIXDATE = new RegExp(`^${DAY}, (\\d{2}) ${MONTH} (\\d{4}) ${TIME} GMT$`);
const RFC_850 = new RegExp(`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\\d{2})-${MONTH}-(\\d{2}) ${TIME} GMT$`);
const ASCTIME = new RegExp(`^${DAY} ${MONTH} ([ \\d]\\d) ${TIME} (\\d{4})$`);

/** Seconds since 1970 as an HTTP date (RFC 9110 section 5.6.7). */
export function formatHttpDate(seconds: number): string {
  return new Date(seconds * 1000).toUTCString();
}

/** An HTTP date in any of the three forms that RFC 9110 section 5.6.7 has recipients accept, in seconds since 1970; undefined for anything else. */
export function parseHttpDate(text: string): number | undefined {
  const fixed = IMF_FIXDATE.exec(text);
  if (fixed !== null) return seconds({ year: fixed[3], month: fixed[2], day: fixed[1], time: fixed.slice(4, 7) });
  const old = RFC_850.exec(text);
  if (old !== null) {
    const short = Number(old[3]);
    return seconds({ year: String(short < 70 ? 2000 + short : 1900 + short), month: old[2], day: old[1], time: old.slice(4, 7) });
  }
  const c = ASCTIME.exec(text);
  return c === null ? undefined : seconds({ year: c[6], month: c[1], day: c[2], time: c.slice(3, 6) });
}

interface DateFields {
  readonly year: string | undefined;
  readonly month: string | undefined;
  readonly day: string | undefined;
  readonly time: readonly string[];
}

function seconds(fields: DateFields): number | undefined {
  const [hour = 0, minute = 0, second = 0] = fields.time.map(Number);
  const month = MONTHS.indexOf(fields.month ?? '');
  const day = Number(fields.day);
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const time = Date.UTC(Number(fields.year), month, day, hour, minute, second);
  return new Date(time).getUTCDate() === day || second === 60 ? time / 1000 : undefined;
}
