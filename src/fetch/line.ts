/** Lets only so many tasks run at once; the others wait their turn. */
export interface Line {
  /** Runs a task when there is room. @param first goes before everything that does not say so. */
  run<T>(task: () => Promise<T>, first: boolean): Promise<T>;
}

/** @param places how many tasks run at once. */
export function createLine(places: number): Line {
  let free = places;
  const ahead: (() => void)[] = [];
  const behind: (() => void)[] = [];
  return {
    async run(task, first) {
      // The place of a task that ends goes to the next one in the line, so nobody can get in between.
      if (free > 0) free--;
      else await new Promise<void>((resolve) => (first ? ahead : behind).push(resolve));
      try {
        return await task();
      } finally {
        const next = ahead.shift() ?? behind.shift();
        if (next === undefined) free++;
        else next();
      }
    },
  };
}
