import { MirrorError } from '../core/errors.ts';
import { type Failure, type Learnt, learn, type Refutation, refute } from './analysis.ts';
import { Assignment, FALSE, TRUE } from './assignment.ts';
import { ClauseStore, LITERALS } from './clause-store.ts';
import { ConditionalChoices } from './conditional-choices.ts';
import { Integers } from './integers.ts';

/** How often one question may come to a contradiction, and how many integers what it teaches may take. What needs more is given up. */
const MOST_CONFLICTS = 10_000;
const MOST_LEARNT = 4 * 1024 * 1024;
/** How many integers everything that is known may take before more is asked for: what a whole archive states takes two million. */
const MOST_STORED = 64 * 1024 * 1024;

/** Tells what follows from a variable: called once, when it has become true for the first time. */
export type Expand = (variable: number, sink: ClauseSink) => void;

/** Takes what follows from the variable that is being expanded. `number` is for recognising the clause later. */
export interface ClauseSink {
  /** One of the choices, which are different variables, must be true; the first is preferred. */
  require(number: number, choices: readonly number[]): void;
  exclude(number: number, other: number): void;
  /** As `require`, where the conditions are true, too. Without choices the variable and the conditions cannot all be true. */
  requireWhen(number: number, conditions: readonly number[], choices: readonly number[]): void;
}

/** A given clause: what a variable requires or excludes. */
export interface Fact {
  readonly owner: number;
  readonly number: number;
  /** Variables times two, plus one where negated. */
  readonly literals: readonly number[];
}

/** That a question is too hard to be decided within reasonable time and memory. */
export class UndecidedError extends MirrorError {
  constructor() {
    super('CHECK_UNDECIDED', 'whether the packages can be installed together could not be found out within reasonable time and memory', {
      hint: 'Ask about fewer packages at a time.',
    });
  }
}

/**
 * Decides whether variables can be true together: conflict-driven clause learning with watched literals. Everything is false unless it
 * is required, so only what true variables require is decided, in the order in which they became true, by the first choice that is open. What
 * follows from a variable is asked for when it first becomes true. Clauses that were learnt stay, and make later questions easier.
 */
export class Solver implements ClauseSink {
  readonly #expand: Expand;
  readonly #store = new ClauseStore();
  readonly #assignment = new Assignment();
  #variables = 0;
  #expanded = new Uint8Array(0);
  /** Where the choices of each variable begin and end; each is a number of variables, and the variables, best first. */
  #choiceStarts = new Int32Array(0);
  #choiceEnds = new Int32Array(0);
  readonly #choices = new Integers();
  readonly #conditional = new ConditionalChoices();
  /** How much of the trail has been propagated. */
  #propagated = 0;
  /** How much of the trail has what it requires; and how much had when each level began. */
  #decided = 0;
  readonly #decidedBefore: number[] = [];
  /** Clauses of one literal, which nothing watches. They hold at every level. */
  #units: number[] = [];
  #expanding = 0;
  /** What is known to exclude the variable that is being expanded. */
  #partners: Set<number> | undefined;
  /** The first false clause of the variable that is being expanded. */
  #contradiction = 0;
  /** A clause that is false without any assumption. Nothing can hold then. */
  #hopeless = 0;

  constructor(expand: Expand, variables: number) {
    this.#expand = expand;
    this.#reserve(variables);
    this.#variables = variables;
  }

  /** One more variable; gives its number. */
  addVariable(): number {
    this.#reserve(this.#variables + 1);
    return this.#variables++;
  }

  /** Makes variables true for good. */
  fix(variables: readonly number[]): void {
    this.reset();
    for (const variable of variables) {
      if (this.#hopeless !== 0) return;
      if (this.#assignment.values[variable * 2] === 0) this.#assignment.assign(variable * 2, 0);
      this.#hopeless = this.#propagate();
    }
  }

  /** Asks for what follows from every variable up to a number, as if each had been true, and draws the simple conclusions. */
  expandAll(variables: number): void {
    this.reset();
    for (let variable = 0; variable < variables && this.#hopeless === 0; variable++) {
      if (this.#expanded[variable] === 0) this.#hopeless = this.#expandOne(variable) || this.#propagate();
    }
  }

  /** How long the trail is: what `holding` may begin at later. */
  get place(): number {
    return this.#assignment.length;
  }

  /** The variables that hold, in the order in which they became true. */
  *holding(from = 0): Generator<number> {
    for (let at = from; at < this.#assignment.length; at++) {
      const literal = this.#assignment.trail[at] as number;
      if ((literal & 1) === 0) yield literal >> 1;
    }
  }

  /** Gives up everything that was made to hold, except for good. */
  reset(): void {
    this.#backtrack(0);
  }

  /** Whether the variable cannot hold with what holds, as far as that is known without search. */
  isExcluded(variable: number): boolean {
    return this.#assignment.values[variable * 2] === FALSE;
  }

  /**
   * Makes the variables true together with all that holds, and with all that is required then. False when that cannot be: nothing has changed
   * then. After `reset` this answer is final, otherwise it may be due to what was chosen before. Throws UndecidedError, and must be reset then.
   */
  extend(variables: readonly number[]): boolean {
    return this.#search(variables, false) === undefined;
  }

  /** Why the variables cannot be true together; undefined when they can, and then they are. Throws UndecidedError. */
  refute(variables: readonly number[]): Refutation | undefined {
    this.reset();
    return this.#search(variables, true);
  }

  /** The given clause at an offset from a refutation. */
  fact(clause: number): Fact {
    return { owner: this.#store.owner(clause), number: this.#store.number(clause), literals: [...this.#store.literals(clause)] };
  }

  require(number: number, choices: readonly number[]): void {
    if (choices.includes(this.#expanding)) return;
    if (choices.length > 1) {
      this.#choices.push(choices.length);
      for (const choice of choices) this.#choices.push(choice);
    }
    const literals = choices.map((choice) => choice * 2);
    literals.push(this.#expanding * 2 + 1);
    this.#give(literals, number);
  }

  exclude(number: number, other: number): void {
    const [one, two] = [this.#expanding * 2 + 1, other * 2 + 1];
    this.#partners ??= this.#store.partners(one);
    if (this.#partners.has(two)) return;
    this.#partners.add(two);
    this.#give([one, two], number);
  }

  requireWhen(number: number, conditions: readonly number[], choices: readonly number[]): void {
    const all = [...new Set([this.#expanding, ...conditions])];
    if (choices.some((choice) => all.includes(choice))) return;
    if (all.length === 1) {
      this.require(number, choices);
      return;
    }
    if (choices.length > 1) this.#conditional.add(all, choices);
    this.#give([...choices.map((choice) => choice * 2), ...all.map((condition) => condition * 2 + 1)], number);
  }

  /** Undefined when the variables hold now. The refutation is empty unless it is asked for. */
  #search(variables: readonly number[], explain: boolean): Refutation | undefined {
    const floor = this.#assignment.level;
    const failure = this.#assume(variables) ?? this.#complete();
    if (failure === undefined) return undefined;
    const refutation = explain ? refute(failure, this.#store, this.#assignment) : { assumptions: [], clauses: [] };
    if ('variable' in failure) {
      this.#backtrack(floor);
    } else if (this.#assignment.level === 0) {
      this.#hopeless = failure.clause;
    } else {
      const learnt = learn(failure.clause, this.#store, this.#assignment);
      this.#backtrack(floor);
      this.#keep(learnt);
    }
    return refutation;
  }

  /** Makes the variables true, each on a level of its own, as far as that goes. */
  #assume(variables: readonly number[]): Failure | undefined {
    const { values } = this.#assignment;
    const conflict = this.#hopeless || this.#propagate();
    if (conflict !== 0) return { clause: conflict };
    for (const variable of variables) {
      if (values[variable * 2] === TRUE) continue;
      if (values[variable * 2] === FALSE) return { variable };
      this.#decide(variable);
      const clause = this.#propagate();
      if (clause !== 0) return { clause };
    }
    return undefined;
  }

  /** Decides everything that is open. What was decided before stays. */
  #complete(): Failure | undefined {
    const base = this.#assignment.level;
    const most = this.#store.length + MOST_LEARNT;
    let conflicts = 0;
    for (;;) {
      const choice = this.#openChoice();
      if (choice === -1) return undefined;
      this.#decide(choice);
      for (let clause = this.#propagate(); clause !== 0; clause = this.#propagate()) {
        if (this.#assignment.level <= base) return { clause };
        const learnt = learn(clause, this.#store, this.#assignment);
        this.#backtrack(Math.max(base, learnt.level));
        this.#keep(learnt);
        conflicts += 1;
        if (conflicts > MOST_CONFLICTS || this.#store.length > most) throw new UndecidedError();
      }
    }
  }

  #decide(variable: number): void {
    this.#decidedBefore.push(this.#decided);
    this.#assignment.newLevel();
    this.#assignment.assign(variable * 2, 0);
  }

  #backtrack(level: number): void {
    const decided = this.#decidedBefore[level];
    if (decided === undefined) return;
    this.#assignment.backtrack(level);
    this.#decidedBefore.length = level;
    this.#decided = decided;
    this.#propagated = this.#assignment.length;
    for (const clause of this.#units) this.#conclude(clause);
    if (level === 0) this.#units = [];
  }

  /** The first choice that is open among those of the true variable that has lacked one for longest; -1 when none does. */
  #openChoice(): number {
    const { values, trail } = this.#assignment;
    for (; this.#decided < this.#assignment.length; this.#decided++) {
      const literal = trail[this.#decided] as number;
      if ((literal & 1) === 1) continue;
      const end = this.#choiceEnds[literal >> 1] as number;
      for (let at = this.#choiceStarts[literal >> 1] as number; at < end; at += this.#choices.at(at) + 1) {
        const open = firstOpen(this.#choices.data, at, values);
        if (open !== -1) return open;
      }
      const open = this.#conditional.open(literal >> 1, values);
      if (open !== -1) return open;
    }
    return -1;
  }

  /** Draws every conclusion; gives a clause that is false, or 0. */
  #propagate(): number {
    const assignment = this.#assignment;
    while (this.#propagated < assignment.length) {
      const literal = assignment.trail[this.#propagated++] as number;
      const conflict = this.#visitWatchers(literal ^ 1);
      if (conflict !== 0) return conflict;
      if ((literal & 1) === 0 && this.#expanded[literal >> 1] === 0) {
        const contradiction = this.#expandOne(literal >> 1);
        if (contradiction !== 0) return contradiction;
      }
    }
    return 0;
  }

  #visitWatchers(falsified: number): number {
    const store = this.#store;
    const { values } = this.#assignment;
    let before = 0;
    let clause = store.firstWatcher(falsified);
    while (clause !== 0) {
      const next = store.nextWatcher(clause, falsified);
      const other = store.otherWatched(clause, falsified);
      if (values[other] !== TRUE) {
        const position = this.#replacement(clause);
        if (position !== 0) {
          store.rewatch(clause, falsified, position, before);
          clause = next;
          continue;
        }
        if (values[other] === FALSE) return clause;
        this.#assignment.assign(other, clause);
      }
      before = clause;
      clause = next;
    }
    return 0;
  }

  /** Where a clause has a literal that is not watched and not false; 0 when it has none. */
  #replacement(clause: number): number {
    const { data } = this.#store;
    const { values } = this.#assignment;
    const end = clause + LITERALS + (data[clause] as number);
    for (let at = clause + LITERALS + 2; at < end; at++) {
      if (values[data[at] as number] !== FALSE) return at;
    }
    return 0;
  }

  #expandOne(variable: number): number {
    if (this.#store.length + this.#choices.length > MOST_STORED) throw new UndecidedError();
    this.#expanded[variable] = 1;
    this.#expanding = variable;
    this.#partners = undefined;
    this.#contradiction = 0;
    this.#choiceStarts[variable] = this.#choices.length;
    this.#expand(variable, this);
    this.#choiceEnds[variable] = this.#choices.length;
    return this.#contradiction;
  }

  #give(literals: number[], number: number): void {
    this.#watchBest(literals);
    const clause = this.#store.add(literals, this.#expanding, number);
    if (this.#conclude(clause) && this.#contradiction === 0) this.#contradiction = clause;
    if (literals.length === 1 && this.#assignment.level > 0) this.#units.push(clause);
  }

  #keep({ literals, clauses, fixed }: Learnt): void {
    const watched = [...literals];
    this.#watchBest(watched);
    const clause = this.#store.addDerived(watched, clauses, fixed);
    this.#conclude(clause);
    if (watched.length === 1 && this.#assignment.level > 0) this.#units.push(clause);
  }

  /** Assigns what follows from a clause whose best literals are in front; whether it is false. */
  #conclude(clause: number): boolean {
    const { data } = this.#store;
    const { values } = this.#assignment;
    const first = data[clause + LITERALS] as number;
    if (values[first] === FALSE) return true;
    const forced = data[clause] === 1 || values[data[clause + LITERALS + 1] as number] === FALSE;
    if (forced && values[first] === 0) this.#assignment.assign(first, clause);
    return false;
  }

  /** Brings the two literals to the front that are false last: true ones, then open ones, then those that became false last. */
  #watchBest(literals: number[]): void {
    for (let place = 0; place < 2; place++) {
      let best = place;
      for (let at = place + 1; at < literals.length; at++) {
        if (this.#lasting(literals[at] as number) > this.#lasting(literals[best] as number)) best = at;
      }
      const literal = literals[best];
      if (literal === undefined) return;
      literals[best] = literals[place] as number;
      literals[place] = literal;
    }
  }

  #lasting(literal: number): number {
    const { values, levels } = this.#assignment;
    const value = values[literal];
    if (value === FALSE) return levels[literal >> 1] as number;
    return value === TRUE ? Number.MAX_SAFE_INTEGER : Number.MAX_SAFE_INTEGER - 1;
  }

  #reserve(variables: number): void {
    this.#assignment.reserve(variables);
    const room = this.#assignment.levels.length;
    this.#store.reserve(2 * room);
    if (room <= this.#expanded.length) return;
    const [expanded, starts, ends] = [new Uint8Array(room), new Int32Array(room), new Int32Array(room)];
    expanded.set(this.#expanded);
    starts.set(this.#choiceStarts);
    ends.set(this.#choiceEnds);
    [this.#expanded, this.#choiceStarts, this.#choiceEnds] = [expanded, starts, ends];
  }
}

/** The first variable without a value of the choice at a place; -1 when one of them is true. */
function firstOpen(choices: Int32Array, at: number, values: Int8Array): number {
  const end = at + 1 + (choices[at] as number);
  let open = -1;
  for (let index = at + 1; index < end; index++) {
    const variable = choices[index] as number;
    const value = values[variable * 2];
    if (value === TRUE) return -1;
    if (value === 0 && open === -1) open = variable;
  }
  return open;
}
