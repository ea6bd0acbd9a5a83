/** Where operations get the time from, so that tests and reproducible builds can set it. */
export interface Clock {
  now(): Date;
}

/** The machine's clock: what signatures, expiry and logs go by. */
export const systemClock: Clock = { now: () => new Date() };

/** What published metadata is dated by: the machine's clock, or the fixed time in SOURCE_DATE_EPOCH (seconds since 1970). */
export function publicationClock(environment: Readonly<Record<string, string | undefined>>): Clock {
  const epoch = environment['SOURCE_DATE_EPOCH'];
  if (epoch === undefined || !/^\d{1,11}$/.test(epoch)) return systemClock;
  const fixed = Number(epoch) * 1000;
  return { now: () => new Date(fixed) };
}
