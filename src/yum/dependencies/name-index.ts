/** FNV-1a of bytes, as a signed 32-bit number. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash | 0;
}

/**
 * Where names occur: a hash table of numbers alone, because a distribution has a million of them. A name is known by its hash; who looks it
 * up compares the name itself.
 */
export interface NameIndex {
  /** That the name with this hash occurs in element `owner` at byte `offset`. */
  add(hash: number, owner: number, offset: number): void;
  /** Calls back for every occurrence of names with this hash, in the order in which they were added. */
  each(hash: number, visit: (owner: number, offset: number) => void): void;
}

export function createNameIndex(): NameIndex {
  let capacity = 1024;
  let count = 0;
  let hashes = new Int32Array(capacity);
  let owners = new Int32Array(capacity);
  let offsets = new Int32Array(capacity);
  /** The next entry of the same bucket, plus one; 0 at the end. */
  let next = new Int32Array(capacity);
  /** The first and last entry of each bucket, plus one. */
  let first = new Int32Array(capacity);
  let last = new Int32Array(capacity);

  const chain = (entry: number): void => {
    const bucket = (hashes[entry] as number) & (capacity - 1);
    const before = last[bucket] as number;
    if (before === 0) first[bucket] = entry + 1;
    else next[before - 1] = entry + 1;
    last[bucket] = entry + 1;
  };

  const grow = (): void => {
    capacity *= 2;
    hashes = grown(hashes, capacity);
    owners = grown(owners, capacity);
    offsets = grown(offsets, capacity);
    next = new Int32Array(capacity);
    first = new Int32Array(capacity);
    last = new Int32Array(capacity);
    for (let entry = 0; entry < count; entry++) chain(entry);
  };

  return {
    add(hash, owner, offset) {
      if (count === capacity) grow();
      hashes[count] = hash;
      owners[count] = owner;
      offsets[count] = offset;
      chain(count);
      count++;
    },
    each(hash, visit) {
      for (let entry = first[hash & (capacity - 1)] as number; entry !== 0; entry = next[entry - 1] as number) {
        if (hashes[entry - 1] === hash) visit(owners[entry - 1] as number, offsets[entry - 1] as number);
      }
    },
  };
}

function grown(array: Int32Array<ArrayBuffer>, capacity: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(capacity);
  larger.set(array);
  return larger;
}
