/** A growing list of 32-bit integers. */
export class Integers {
  /** The items, and spare room after them. Replaced when it grows: do not keep it across a push. */
  data: Int32Array;
  length = 0;

  constructor(capacity = 1024) {
    this.data = new Int32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.data.length) this.#grow();
    this.data[this.length++] = value;
  }

  at(index: number): number {
    return this.data[index] as number;
  }

  #grow(): void {
    const larger = new Int32Array(Math.ceil(this.data.length * 1.5));
    larger.set(this.data);
    this.data = larger;
  }
}
