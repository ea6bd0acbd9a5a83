export const TRUE = 1;
export const FALSE = -1;

/** Which variables are true and false, since which level, and why. A literal is its variable times two, plus one when negated. */
export class Assignment {
  /** Of each literal: TRUE, FALSE or 0. */
  values = new Int8Array(0);
  /** Of each variable that has a value: how many assumptions and decisions there were by then, its own included. */
  levels = new Int32Array(0);
  /** The clause that gave each variable its value; 0 when nothing did but an assumption or a decision. */
  reasons = new Int32Array(0);
  /** Literals in the order in which they became true. */
  trail = new Int32Array(0);
  /** Of the trail. */
  length = 0;
  /** Where each level begins in the trail; the first is level 1. */
  readonly #starts: number[] = [];

  reserve(variables: number): void {
    if (variables <= this.levels.length) return;
    const room = Math.max(64, variables, Math.ceil(this.levels.length * 1.2));
    const values = new Int8Array(2 * room);
    values.set(this.values);
    this.values = values;
    this.levels = larger(this.levels, room);
    this.reasons = larger(this.reasons, room);
    this.trail = larger(this.trail, room);
  }

  get level(): number {
    return this.#starts.length;
  }

  newLevel(): void {
    this.#starts.push(this.length);
  }

  assign(literal: number, reason: number): void {
    this.values[literal] = TRUE;
    this.values[literal ^ 1] = FALSE;
    this.levels[literal >> 1] = this.level;
    this.reasons[literal >> 1] = reason;
    this.trail[this.length++] = literal;
  }

  /** Takes back everything above a level. */
  backtrack(level: number): void {
    const start = this.#starts[level];
    if (start === undefined) return;
    for (let at = start; at < this.length; at++) {
      const literal = this.trail[at] as number;
      this.values[literal] = 0;
      this.values[literal ^ 1] = 0;
    }
    this.length = start;
    this.#starts.length = level;
  }
}

function larger(array: Int32Array<ArrayBuffer>, room: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(room);
  copy.set(array);
  return copy;
}
