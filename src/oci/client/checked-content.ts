import { createHash, type Hash } from 'node:crypto';
import { MirrorError } from '../../core/errors.ts';
import type { Descriptor } from '../format/descriptor.ts';
import { parseDigest } from '../format/digest.ts';

/** What the source threw, kept apart from what the registry or the connection did. */
export interface SourceFailure {
  readonly error: unknown;
}

/** A blob's content, which is hashed while it is sent. Its last piece is given only after all of it proved right, so that a registry never has a wrong blob to its end. */
export class CheckedContent {
  readonly #blob: Descriptor;
  readonly #content: (start: number) => AsyncIterable<Buffer>;
  readonly #what: string;
  readonly #hash: Hash | undefined;
  /** Bytes from the blob's beginning that are hashed. What is read again is not. */
  #hashed = 0;
  #last: { readonly reading: object; readonly failure?: SourceFailure } = { reading: {} };

  /** @param what names the blob in errors. */
  constructor(blob: Descriptor, content: (start: number) => AsyncIterable<Buffer>, what: string) {
    this.#blob = blob;
    this.#content = content;
    this.#what = what;
    const algorithm = parseDigest(blob.digest)?.algorithm;
    this.#hash = algorithm === undefined ? undefined : createHash(algorithm);
  }

  /** The bytes from `start` on, which must not be beyond `seen`. Its errors are the source's own, and CHECKSUM_MISMATCH. */
  async *read(start: number): AsyncGenerator<Buffer> {
    const reading = {};
    this.#last = { reading };
    try {
      yield* this.#checked(start);
    } catch (error) {
      // An earlier reading may still wait for its source, and fails when nobody asks any more.
      if (this.#last.reading === reading) this.#last = { reading, failure: { error } };
      throw error;
    }
  }

  /** How the last reading failed, where it was the source that did, or gave other bytes than it should. */
  get failure(): SourceFailure | undefined {
    return this.#last.failure;
  }

  /** How many bytes from the beginning were read: no registry has more. */
  get seen(): number {
    return this.#hashed;
  }

  async *#checked(start: number): AsyncGenerator<Buffer> {
    const { size } = this.#blob;
    let at = start;
    let last: Buffer | undefined;
    for await (const chunk of start > 0 && start === size ? [] : this.#content(start)) {
      if (chunk.length === 0) continue;
      if (at + chunk.length > size) throw this.#wrong(`has more than ${size} bytes`);
      this.#take(chunk, at);
      at += chunk.length;
      if (last !== undefined) yield last;
      last = chunk;
    }
    if (at < size) throw this.#wrong(`has ${at} bytes`);
    this.#verify();
    if (last !== undefined) yield last;
  }

  #take(chunk: Buffer, from: number): void {
    const known = this.#hashed - from;
    if (known >= chunk.length) return;
    this.#hash?.update(known > 0 ? chunk.subarray(known) : chunk);
    this.#hashed = from + chunk.length;
  }

  #verify(): void {
    const { digest } = this.#blob;
    const hex = this.#hash?.copy().digest('hex');
    if (hex === undefined || !digest.endsWith(`:${hex}`)) throw this.#wrong(hex === undefined ? 'cannot be checked' : `hashes to ${hex}`);
  }

  #wrong(why: string): MirrorError {
    const { digest, size } = this.#blob;
    return new MirrorError('CHECKSUM_MISMATCH', `${this.#what}: the source's content ${why}; it should be ${digest} of ${size} bytes`);
  }
}
