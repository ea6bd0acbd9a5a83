import type { RichNode } from '../format/rich.ts';
import type { Providers } from './providers.ts';

/** Candidates, by their indexes, that satisfy one operand; `name` is what was required of them. */
export interface Literal {
  readonly name: string;
  readonly owners: readonly number[];
}

/** Satisfied when any of its literals is. */
export type Clause = readonly Literal[];

/** A dependency that multiplies into more than this is cut down to what it needs at least. */
const MAX_CLAUSES = 200;

/**
 * A rich dependency as clauses that must all be satisfied for it to hold whatever a client has installed. `A if B`: A, where something
 * provides A; otherwise nothing, because a client without B can do without. `A if B else C`: both, as far as they are provided. `A unless B` is A.
 */
export function richClauses(node: RichNode, providers: Providers): Clause[] {
  if (node.kind === 'capability') return [[{ name: node.capability.name, owners: providers.of(node.capability) }]];
  const { operands, operator, otherwise } = node;
  const [first] = operands;
  if (first === undefined) return [];
  switch (operator) {
    case 'and':
      return operands.flatMap((operand) => richClauses(operand, providers));
    case 'or':
      return operands.map((operand) => richClauses(operand, providers)).reduce(eitherOf);
    case 'with':
    case 'without':
      return [[setOf(node, providers)]];
    case 'if':
    case 'unless': {
      const main = richClauses(first, providers);
      const other = otherwise === undefined ? undefined : richClauses(otherwise, providers);
      const chosen = [main, other].filter((clauses) => clauses !== undefined).filter(isSatisfiable);
      if (chosen.length > 0) return chosen.flat();
      return operator === 'if' && other === undefined ? [] : main;
    }
  }
}

function isSatisfiable(clauses: readonly Clause[]): boolean {
  return clauses.every((clause) => clause.some((literal) => literal.owners.length > 0));
}

/** The clauses of "these or those". */
function eitherOf(these: readonly Clause[], those: readonly Clause[]): Clause[] {
  if (these.length * those.length > MAX_CLAUSES) return [...(isSatisfiable(these) ? these : those)];
  return these.flatMap((one) => those.map((two) => [...one, ...two]));
}

/** The packages that satisfy an operand by themselves, which is what `with` and `without` ask. */
export function setOf(node: RichNode, providers: Providers): Literal {
  if (node.kind === 'capability') return { name: node.capability.name, owners: providers.of(node.capability) };
  const sets = node.operands.map((operand) => setOf(operand, providers));
  let owners = [...(sets[0]?.owners ?? [])];
  for (const set of sets.slice(1)) {
    const other = new Set(set.owners);
    if (node.operator === 'or') owners = [...new Set(owners.concat(set.owners))].sort((a, b) => a - b);
    else owners = owners.filter((owner) => other.has(owner) !== (node.operator === 'without'));
  }
  return { name: sets[0]?.name ?? '', owners };
}
