const FIRST_SIZE = 256 * 1024;
/** Pieces of memory that are kept to be used again. */
const MOST_SPARE = 6;

/** Bytes that texts are appended to. */
export class GrowingBytes {
  #bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #length = 0;
  readonly #spare: ArrayBuffer[] = [];

  get length(): number {
    return this.#length;
  }

  /** As UTF-8. */
  appendText(text: string): void {
    this.#reserve(3 * text.length);
    this.#length += this.#bytes.write(text, this.#length);
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** All bytes, with their memory, which is no one else's; then there are none. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    const spare = this.#spare.pop();
    this.#bytes = spare === undefined ? Buffer.allocUnsafeSlow(this.#bytes.length) : Buffer.from(spare);
    this.#length = 0;
    return taken;
  }

  /** Memory of bytes that were taken, to be used again. */
  reuse(memory: ArrayBuffer): void {
    if (this.#spare.length < MOST_SPARE) this.#spare.push(memory);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
