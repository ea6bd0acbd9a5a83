import type { BlobReceiver, BlobSink } from '../content.ts';

/** Each has a file open, as a rule. */
const MAX_HELD = 256;

/** What a sink has taken of a whole source. */
export interface TakenDigests {
  readonly sink: BlobSink | undefined;
  readonly digests: Set<string>;
}

/**
 * The receivers that a sink gives for the blobs of one archive. They are held until the archive has been found good, so that nothing of a bad one is kept;
 * of a very large one, blobs that have been read and have the right digest are completed before that.
 */
export class BlobTakers {
  readonly #taken: TakenDigests;
  readonly #held = new Map<string, BlobReceiver>();

  constructor(taken: TakenDigests) {
    this.#taken = taken;
  }

  /** Whether there is a sink at all. */
  get active(): boolean {
    return this.#taken.sink !== undefined;
  }

  /** A receiver where the blob is wanted and nothing else brings it. Call `hold` once all bytes are written and were right. */
  begin(digest: string, size: number): BlobReceiver | undefined {
    const { sink, digests } = this.#taken;
    if (sink === undefined || digests.has(digest) || this.#held.has(digest)) return undefined;
    return sink.begin(digest, size);
  }

  async hold(digest: string, receiver: BlobReceiver): Promise<void> {
    this.#held.set(digest, receiver);
    if (this.#held.size >= MAX_HELD) await this.complete(() => true);
  }

  /** Writes a blob that is in memory. */
  async offer(digest: string, bytes: Buffer): Promise<void> {
    const receiver = this.begin(digest, bytes.length);
    if (receiver === undefined) return;
    try {
      await receiver.write(bytes);
    } catch (error) {
      await receiver.drop();
      throw error;
    }
    await this.hold(digest, receiver);
  }

  /** Completes what is wanted, and drops the rest. */
  async complete(wanted: (digest: string) => boolean): Promise<void> {
    const held = [...this.#held];
    this.#held.clear();
    const outcomes = await Promise.allSettled(
      held.map(async ([digest, receiver]) => {
        if (!wanted(digest)) return receiver.drop();
        await receiver.complete();
        this.#taken.digests.add(digest);
      }),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async drop(): Promise<void> {
    await this.complete(() => false);
  }
}
