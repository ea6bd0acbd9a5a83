const NOTHING: readonly never[] = [];

/** Several values by one key, most keys having one: for tens of thousands of keys, without a list for each. Values must not be arrays. */
export class MultiMap<K, V extends object> {
  readonly #values = new Map<K, V | V[]>();

  /** Adds the value behind those that the key has. */
  add(key: K, value: V): void {
    const known = this.#values.get(key);
    if (known === undefined) this.#values.set(key, value);
    else if (Array.isArray(known)) known.push(value);
    else this.#values.set(key, [known, value]);
  }

  /** In the order in which they were added. */
  get(key: K): readonly V[] {
    const known = this.#values.get(key);
    if (known === undefined) return NOTHING;
    return Array.isArray(known) ? known : [known];
  }
}
