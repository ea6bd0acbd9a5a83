/** Choices that are always the same ones for a seed. */
export interface Random {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** True as often as 1 in `odds`. */
  oneIn(odds: number): boolean;
  pick<T>(values: readonly T[]): T;
  /** Up to `most` of what is made. */
  some<T>(most: number, make: () => T): T[];
}

/** @see https://en.wikipedia.org/wiki/Linear_congruential_generator (the multiplier of Numerical Recipes) */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return {
    below,
    oneIn: (odds) => below(odds) === 0,
    pick<T>(values: readonly T[]): T {
      const value = values[below(values.length)];
      if (value === undefined) throw new Error('nothing to pick from');
      return value;
    },
    some: (most, make) => Array.from({ length: below(most + 1) }, make),
  };
}
