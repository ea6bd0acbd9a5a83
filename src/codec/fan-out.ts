export interface FanOutOptions {
  /** How many read. */
  readonly readers: number;
  /** How many items the fastest reader may be ahead of the slowest. */
  readonly ahead: number;
}

/**
 * Gives every item of a source to several readers, each at its own pace but none too far from the others. A failure of the source is one of
 * each reader. A reader that is not wanted any more must be ended (`return`), also one that was never begun: the others would wait for it.
 */
export function fanOut<T>(source: AsyncIterable<T>, { readers, ahead }: FanOutOptions): AsyncGenerator<T, void, undefined>[] {
  const shared = new SharedSource(source, readers, ahead);
  return Array.from({ length: readers }, (_, index) => {
    const items = shared.items(index);
    const end = items.return.bind(items);
    // A generator that was never begun does not run its `finally`.
    items.return = async (value) => {
      shared.leave(index);
      return await end(value);
    };
    return items;
  });
}

class SharedSource<T> {
  readonly #iterator: AsyncIterator<T>;
  readonly #ahead: number;
  /** The number of the item that each reader takes next. */
  readonly #positions: number[];
  /** Items from number `#first` on, which not every reader has taken. */
  readonly #held: { readonly item: T }[] = [];
  #first = 0;
  #state: 'open' | 'ended' | { readonly error: unknown } = 'open';
  #pulling: Promise<void> | undefined;
  #progress = Promise.withResolvers<void>();

  constructor(source: AsyncIterable<T>, readers: number, ahead: number) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#ahead = ahead;
    this.#positions = new Array(readers).fill(0);
  }

  async *items(reader: number): AsyncGenerator<T, void, undefined> {
    try {
      for (let number = 0; ; number += 1) {
        const held = await this.#get(number);
        if (held === undefined) return;
        yield held.item;
        this.#move(reader, number + 1);
      }
    } finally {
      this.leave(reader);
    }
  }

  leave(reader: number): void {
    this.#move(reader, Number.POSITIVE_INFINITY);
    // Nobody is left to be told how the source takes it.
    if (this.#slowest() === Number.POSITIVE_INFINITY) this.#iterator.return?.().catch(() => undefined);
  }

  async #get(number: number): Promise<{ readonly item: T } | undefined> {
    for (;;) {
      const held = this.#held[number - this.#first];
      if (held !== undefined) return held;
      if (this.#state === 'ended') return undefined;
      if (this.#state !== 'open') throw this.#state.error;
      if (number - this.#slowest() >= this.#ahead) await this.#progress.promise;
      else await this.#pull();
    }
  }

  #pull(): Promise<void> {
    this.#pulling ??= (async () => {
      try {
        const next = await this.#iterator.next();
        if (next.done === true) this.#state = 'ended';
        else this.#held.push({ item: next.value });
      } catch (error) {
        this.#state = { error };
      }
      this.#pulling = undefined;
    })();
    return this.#pulling;
  }

  #move(reader: number, position: number): void {
    this.#positions[reader] = Math.max(position, this.#positions[reader] ?? 0);
    while (this.#held.length > 0 && this.#first < this.#slowest()) {
      this.#held.shift();
      this.#first += 1;
    }
    this.#progress.resolve();
    this.#progress = Promise.withResolvers<void>();
  }

  #slowest(): number {
    return Math.min(...this.#positions);
  }
}
