/** Shares one allowance of bytes a second between all downloads. */
export interface Bandwidth {
  /** Books bytes that have arrived; returns how many milliseconds to wait before more is read, 0 for not at all. */
  book(bytes: number): number;
}

/** How much may be saved up while nothing is read, in milliseconds of the full rate. */
const BURST = 250;

/**
 * A token bucket that may go into debt: a piece of any size is booked at once and paid for by waiting.
 * @param bytesPerSecond 0 for no limit.
 * @param now a clock that never goes back, in milliseconds.
 */
export function createBandwidth(bytesPerSecond: number, now: () => number = () => performance.now()): Bandwidth {
  if (bytesPerSecond === 0) return { book: () => 0 };
  /** When everything booked so far is paid for. */
  let paid = now();
  return {
    book(bytes) {
      const current = now();
      paid = Math.max(paid, current - BURST) + (bytes / bytesPerSecond) * 1000;
      return Math.max(0, paid - current);
    },
  };
}
