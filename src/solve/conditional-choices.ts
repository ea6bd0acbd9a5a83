import { TRUE } from './assignment.ts';

interface ConditionalChoice {
  readonly conditions: readonly number[];
  readonly choices: readonly number[];
}

/** Choices that are to be made where all of some variables are true. */
export class ConditionalChoices {
  readonly #byCondition = new Map<number, ConditionalChoice[]>();

  /** One of `choices`, the first preferred, where all of `conditions` are true. */
  add(conditions: readonly number[], choices: readonly number[]): void {
    const conditional = { conditions, choices: [...choices] };
    for (const condition of conditions) {
      const known = this.#byCondition.get(condition);
      if (known === undefined) this.#byCondition.set(condition, [conditional]);
      else known.push(conditional);
    }
  }

  /**
   * The first variable without a value among the choices that a variable is a condition of and that are still to be made; -1 when there is none.
   * Those whose conditions become true one after the other are seen with the last.
   * @param values of literals: variables times two, plus one where negated.
   */
  open(variable: number, values: Int8Array): number {
    for (const { conditions, choices } of this.#byCondition.get(variable) ?? []) {
      if (conditions.some((condition) => values[condition * 2] !== TRUE)) continue;
      if (choices.some((choice) => values[choice * 2] === TRUE)) continue;
      const open = choices.find((choice) => values[choice * 2] === 0);
      if (open !== undefined) return open;
    }
    return -1;
  }
}
