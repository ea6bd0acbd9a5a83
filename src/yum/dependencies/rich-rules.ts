import type { RichNode } from '../format/rich.ts';
import type { Providers } from './providers.ts';
import { type Literal, setOf } from './rich-clauses.ts';

/** Holds where one of `when` is missing, or something of `choices` is there. */
export interface Rule {
  /** Candidates by their indexes, ascending, each once. */
  readonly when: readonly number[];
  readonly choices: readonly Literal[];
}

/** Negations of large sets multiply; what becomes more rules than this is not taken apart. */
const MAX_RULES = 20_000;

class TooManyError extends Error {}

/**
 * Exactly when a rich dependency holds (or, negated, does not), as rules that must all hold: `A if B` where B is missing or A is there,
 * `A unless B` where A is there and B is not, and with `else` the other one instead. Undefined for what would be too many rules.
 */
export function richRules(node: RichNode, negated: boolean, providers: Providers): readonly Rule[] | undefined {
  try {
    return rulesOf(node, negated, providers).filter(
      ({ when, choices }) => !choices.some(({ owners }) => owners.some((owner) => when.includes(owner))),
    );
  } catch (error) {
    if (error instanceof TooManyError) return undefined;
    throw error;
  }
}

function rulesOf(node: RichNode, negated: boolean, providers: Providers): Rule[] {
  if (node.kind === 'capability' || node.operator === 'with' || node.operator === 'without') {
    const set = setOf(node, providers);
    return negated ? set.owners.map((owner) => ({ when: [owner], choices: [] })) : [{ when: [], choices: [set] }];
  }
  const { operands, operator, otherwise } = node;
  if (operator === 'and' || operator === 'or') {
    const parts = operands.map((operand) => rulesOf(operand, negated, providers));
    return (operator === 'and') === negated ? parts.reduce(eitherOf) : parts.flat();
  }
  const [main, condition] = operands;
  if (main === undefined || condition === undefined) return [];
  const isThere = rulesOf(condition, false, providers);
  const isMissing = rulesOf(condition, true, providers);
  const [withIt, without] = operator === 'if' ? [main, otherwise] : [otherwise, main];
  return [...either(isMissing, withIt), ...either(isThere, without)];

  /** "These, or the operand", which left out holds for `if`, and does not for `unless`. */
  function either(these: Rule[], operand: RichNode | undefined): Rule[] {
    if (operand !== undefined) return eitherOf(these, rulesOf(operand, negated, providers));
    return (operator === 'if') === negated ? these : [];
  }
}

/** The rules of "these or those". */
function eitherOf(these: Rule[], those: Rule[]): Rule[] {
  if (these.length * those.length > MAX_RULES) throw new TooManyError();
  return these.flatMap((one) =>
    those.map((two) => ({
      when: [...new Set([...one.when, ...two.when])].sort((a, b) => a - b),
      choices: [...one.choices, ...two.choices],
    })),
  );
}
