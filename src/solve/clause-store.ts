import { Integers } from './integers.ts';

/**
 * Where the parts of a clause are, counted from its offset: its size, the next clause that watches its first and its second literal, the
 * variable that it belongs to, its number among that variable's, then the literals, of which the first two are watched.
 */
const NEXT = 1;
const OWNER = 3;
const NUMBER = 4;
export const LITERALS = 5;
/** The owner of clauses that were derived from others. Their number is where the derivation is. */
const DERIVED = -1;

/** What a derived clause follows from. */
export interface Derivation {
  /** Offsets of clauses. */
  readonly clauses: Int32Array;
  /** Variables that had their values without any assumption. */
  readonly fixed: Int32Array;
}

/**
 * Clauses one after the other in one array of integers, with a list for each literal of those that watch it. A clause is known by its offset,
 * which is never 0. A literal is its variable times two, plus one when negated.
 */
export class ClauseStore {
  readonly #clauses = new Integers();
  readonly #derivations = new Integers();
  /** The first clause that watches each literal; 0 for none. */
  #watchers = new Int32Array(0);

  constructor() {
    this.#clauses.push(0);
  }

  /** The clauses themselves, for reading and for reordering literals; valid until the next one is added. */
  get data(): Int32Array {
    return this.#clauses.data;
  }

  /** How many integers the clauses take. */
  get length(): number {
    return this.#clauses.length;
  }

  reserve(literals: number): void {
    if (literals <= this.#watchers.length) return;
    const larger = new Int32Array(Math.max(literals, this.#watchers.length * 2));
    larger.set(this.#watchers);
    this.#watchers = larger;
  }

  /** Adds a clause of at least one literal, whose first two are watched from now on. Gives its offset. */
  add(literals: readonly number[], owner: number, number: number): number {
    const clause = this.#clauses.length;
    for (const value of [literals.length, 0, 0, owner, number]) this.#clauses.push(value);
    for (const literal of literals) this.#clauses.push(literal);
    if (literals.length > 1) {
      this.#watch(clause, 0);
      this.#watch(clause, 1);
    }
    return clause;
  }

  addDerived(literals: readonly number[], clauses: readonly number[], fixed: readonly number[]): number {
    const derivation = this.#derivations.length;
    for (const list of [clauses, fixed]) {
      this.#derivations.push(list.length);
      for (const value of list) this.#derivations.push(value);
    }
    return this.add(literals, DERIVED, derivation);
  }

  size(clause: number): number {
    return this.data[clause] as number;
  }

  owner(clause: number): number {
    return this.data[clause + OWNER] as number;
  }

  number(clause: number): number {
    return this.data[clause + NUMBER] as number;
  }

  literals(clause: number): Int32Array {
    return this.data.subarray(clause + LITERALS, clause + LITERALS + this.size(clause));
  }

  /** What a clause was derived from; undefined for one that was given. */
  derivation(clause: number): Derivation | undefined {
    if (this.owner(clause) !== DERIVED) return undefined;
    const { data } = this.#derivations;
    const start = this.number(clause) + 1;
    const end = start + (data[start - 1] as number);
    return { clauses: data.subarray(start, end), fixed: data.subarray(end + 1, end + 1 + (data[end] as number)) };
  }

  /** The other literals of the clauses of two literals that have this one. */
  partners(literal: number): Set<number> {
    const { data } = this;
    const partners = new Set<number>();
    for (let clause = this.firstWatcher(literal); clause !== 0; clause = this.nextWatcher(clause, literal)) {
      if (data[clause] === 2) partners.add(this.otherWatched(clause, literal));
    }
    return partners;
  }

  firstWatcher(literal: number): number {
    return this.#watchers[literal] as number;
  }

  nextWatcher(clause: number, literal: number): number {
    return this.data[clause + NEXT + this.#place(clause, literal)] as number;
  }

  /** The literal that the clause watches besides this one. */
  otherWatched(clause: number, literal: number): number {
    return this.data[clause + LITERALS + 1 - this.#place(clause, literal)] as number;
  }

  /**
   * Has the clause watch the literal at `position` instead of `literal`, the two changing places.
   * @param before the clause before it among those that watch `literal`; 0 when it is the first.
   */
  rewatch(clause: number, literal: number, position: number, before: number): void {
    const { data } = this;
    const place = this.#place(clause, literal);
    const next = data[clause + NEXT + place] as number;
    if (before === 0) this.#watchers[literal] = next;
    else data[before + NEXT + this.#place(before, literal)] = next;
    data[clause + LITERALS + place] = data[position] as number;
    data[position] = literal;
    this.#watch(clause, place);
  }

  #watch(clause: number, place: number): void {
    const { data } = this;
    const literal = data[clause + LITERALS + place] as number;
    data[clause + NEXT + place] = this.#watchers[literal] as number;
    this.#watchers[literal] = clause;
  }

  /** Whether the clause watches the literal first (0) or second (1). */
  #place(clause: number, literal: number): number {
    return this.data[clause + LITERALS] === literal ? 0 : 1;
  }
}
