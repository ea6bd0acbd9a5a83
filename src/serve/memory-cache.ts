/** Small files that are asked for often, by digest, in memory. The least recently used go first. */
export interface MemoryCache {
  get(sha256: string): Buffer | undefined;
  set(sha256: string, bytes: Buffer): void;
}

/** @param capacity most bytes that are held, not counting what the map itself takes. */
export function createMemoryCache(capacity: number): MemoryCache {
  // A Map iterates in the order of insertion: what is used is taken out and put in again at the end.
  const files = new Map<string, Buffer>();
  let held = 0;
  const remove = (sha256: string, bytes: Buffer): void => {
    files.delete(sha256);
    held -= bytes.length;
  };
  return {
    get(sha256) {
      const bytes = files.get(sha256);
      if (bytes !== undefined) {
        files.delete(sha256);
        files.set(sha256, bytes);
      }
      return bytes;
    },
    set(sha256, bytes) {
      const present = files.get(sha256);
      if (present !== undefined) remove(sha256, present);
      if (bytes.length > capacity) return;
      files.set(sha256, bytes);
      held += bytes.length;
      for (const [oldest, content] of files) {
        if (held <= capacity) break;
        remove(oldest, content);
      }
    },
  };
}
