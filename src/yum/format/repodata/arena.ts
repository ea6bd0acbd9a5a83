const SLAB = 1024 * 1024;

/** Keeps many small pieces of large buffers without the buffers. */
export interface Arena {
  /** A copy that stays. */
  keep(bytes: Buffer): Buffer;
}

/** An arena that takes memory a MiB at a time. */
export function createArena(): Arena {
  let slab = Buffer.alloc(0);
  let used = 0;
  return {
    keep(bytes) {
      if (bytes.length > SLAB / 4) return Buffer.from(bytes);
      if (used + bytes.length > slab.length) {
        slab = Buffer.allocUnsafeSlow(SLAB);
        used = 0;
      }
      bytes.copy(slab, used);
      used += bytes.length;
      return slab.subarray(used - bytes.length, used);
    },
  };
}
