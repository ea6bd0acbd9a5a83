/** Where a block stands in a file. */
export interface PlacedBlock {
  /** SHA-256 of the plain block and of all else that decides what it is packed to: equal for equal bytes. */
  readonly key: Buffer;
  /** In bytes from the beginning of the file. */
  readonly position: number;
  /** Of the packed block, in bytes. */
  readonly length: number;
  /** SHA-256 of the packed block. */
  readonly digest: Buffer;
}

/** Blocks that were packed before: packing is most of the work of publishing again what has hardly changed. */
export interface BlockCache<F> {
  /** What packing gives for this key; undefined where it is not known any more. */
  find(key: Buffer): Promise<Buffer | undefined>;
  /** Tells where the blocks of a file are that was written now. */
  add(file: F, blocks: readonly PlacedBlock[]): void;
}
