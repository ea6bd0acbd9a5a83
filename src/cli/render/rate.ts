/** How much of the past counts, in milliseconds. */
const WINDOW = 5000;

/** How fast something grows, over the last seconds. */
export interface Rate {
  /** The total at a time in milliseconds. A smaller total than before starts anew. */
  add(total: number, now: number): void;
  /** A second, or undefined while too little is known. */
  perSecond(): number | undefined;
}

export function createRate(): Rate {
  let samples: { readonly total: number; readonly at: number }[] = [];
  return {
    add(total, now) {
      const last = samples.at(-1);
      if (last !== undefined && total < last.total) samples = [];
      // Ten samples a second are enough to go by.
      if (last !== undefined && now - last.at < 100 && samples.length > 1) samples.pop();
      samples.push({ total, at: now });
      while (samples.length > 2 && now - (samples[1]?.at ?? now) > WINDOW) samples.shift();
    },
    perSecond() {
      const first = samples[0];
      const last = samples.at(-1);
      if (first === undefined || last === undefined || last.at - first.at < 500) return undefined;
      return ((last.total - first.total) * 1000) / (last.at - first.at);
    },
  };
}
