/** One record of an index of which a part may be published. */
export interface IndexRecord {
  /** What it belongs to; undefined for what stands at the head of the index and belongs to all of it. */
  readonly key: string | undefined;
  /** With what ends it. */
  readonly bytes: Buffer;
}
