import { type CharacterSet, isWord } from './pattern-set.ts';
import { type Assertion, type PatternNode, parsePattern, patternProblem } from './pattern-syntax.ts';

export { patternProblem } from './pattern-syntax.ts';

/** Whether a text has a match of the pattern, anywhere unless the pattern is anchored. */
export type Pattern = (text: string) => boolean;

type Instruction =
  | { readonly kind: 'character'; readonly set: CharacterSet }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  /** Goes on at the next instruction and at `other`. */
  | { readonly kind: 'split'; other: number }
  | { readonly kind: 'jump'; to: number }
  | { readonly kind: 'match' };

/** After repetitions are written out. */
const MAX_INSTRUCTIONS = 10_000;
/** Known states are forgotten when steps out of this many instructions have been taken, which bounds the memory that hostile texts can claim. */
const MAX_REMEMBERED = 500_000;

/**
 * Compiles a regular expression with the syntax and meaning of RE2 (for whether there is a match, which is all that is asked). The time that
 * it takes is proportional to the length of the text, whatever the expression: there is no backtracking. Throws QUERY_INVALID.
 */
export function compilePattern(source: string): Pattern {
  const program: Instruction[] = [];
  emit(parsePattern(source), program);
  program.push({ kind: 'match' });
  return runner(program);
}

function emit(node: PatternNode, program: Instruction[]): void {
  if (program.length > MAX_INSTRUCTIONS) {
    throw patternProblem('the regular expression is too large', 'Use smaller numbers of repetitions.');
  }
  switch (node.kind) {
    case 'character':
    case 'assertion':
      program.push(node);
      break;
    case 'sequence':
      for (const item of node.items) emit(item, program);
      break;
    case 'choice':
      emitChoice(node.items, program);
      break;
    case 'repeat':
      emitRepeat(node, program);
      break;
  }
}

function emitChoice(items: readonly PatternNode[], program: Instruction[]): void {
  const jumps: { kind: 'jump'; to: number }[] = [];
  for (const [index, item] of items.entries()) {
    if (index === items.length - 1) {
      emit(item, program);
    } else {
      const split = { kind: 'split' as const, other: 0 };
      program.push(split);
      emit(item, program);
      const jump = { kind: 'jump' as const, to: 0 };
      program.push(jump);
      jumps.push(jump);
      split.other = program.length;
    }
  }
  for (const jump of jumps) jump.to = program.length;
}

function emitRepeat(node: PatternNode & { kind: 'repeat' }, program: Instruction[]): void {
  for (let count = 0; count < node.least; count++) emit(node.item, program);
  if (node.most === Number.POSITIVE_INFINITY) {
    const start = program.length;
    const split = { kind: 'split' as const, other: 0 };
    program.push(split);
    emit(node.item, program);
    program.push({ kind: 'jump', to: start });
    split.other = program.length;
    return;
  }
  const splits: { kind: 'split'; other: number }[] = [];
  for (let count = node.least; count < node.most; count++) {
    const split = { kind: 'split' as const, other: 0 };
    program.push(split);
    splits.push(split);
    emit(node.item, program);
  }
  for (const split of splits) split.other = program.length;
}

/** What an assertion can see of a neighbouring character; `edge` is the start or the end of the text. */
type Neighbour = 'edge' | 'newline' | 'word' | 'other';

/** A set of instructions to go on from, with what was before: one state of a deterministic automaton that is built as texts need it. */
interface State {
  readonly from: readonly number[];
  readonly before: Neighbour;
  /** Where each character leads; `matched` when there is a match before it. */
  readonly steps: Map<number, State | 'matched'>;
}

const END = -1;

function runner(program: readonly Instruction[]): Pattern {
  let known = new Map<string, State>();
  let remembered = 0;

  const stateOf = (from: readonly number[], before: Neighbour): State => {
    const key = `${before} ${from.join(' ')}`;
    const existing = known.get(key);
    if (existing !== undefined) return existing;
    const state = { from, before, steps: new Map<number, State | 'matched'>() };
    known.set(key, state);
    return state;
  };

  const step = (state: State, code: number): State | 'matched' => {
    remembered += 1 + state.from.length;
    if (remembered > MAX_REMEMBERED) {
      known = new Map();
      remembered = 0;
    }
    const after = neighbour(code);
    const reached = closureOf(program, state.from, state.before, after);
    const result = reached === 'matched' ? reached : stateOf(advance(program, reached, code), after);
    state.steps.set(code, result);
    return result;
  };

  return (text) => {
    let state = stateOf([0], 'edge');
    for (let at = 0; at < text.length; at++) {
      const code = text.codePointAt(at) ?? END;
      if (code > 0xffff) at++;
      const next = state.steps.get(code) ?? step(state, code);
      if (next === 'matched') return true;
      state = next;
    }
    return (state.steps.get(END) ?? step(state, END)) === 'matched';
  };
}

/** The character instructions that can be reached without a character, or that the match is. */
function closureOf(program: readonly Instruction[], from: readonly number[], before: Neighbour, after: Neighbour): number[] | 'matched' {
  const seen = new Set<number>();
  const reached: number[] = [];
  const open = [...from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const instruction = program[at];
    if (instruction === undefined) throw new Error('a pattern program leads out of itself');
    if (instruction.kind === 'match') return 'matched';
    if (instruction.kind === 'character') reached.push(at);
    else if (instruction.kind === 'jump') open.push(instruction.to);
    else if (instruction.kind === 'split') open.push(at + 1, instruction.other);
    else if (holds(instruction.assertion, before, after)) open.push(at + 1);
  }
  return reached;
}

/** Where the character leads from these instructions, and the start again: a match may begin anywhere. */
function advance(program: readonly Instruction[], reached: readonly number[], code: number): number[] {
  const next = new Set([0]);
  for (const at of reached) {
    const instruction = program[at];
    if (code !== END && instruction?.kind === 'character' && instruction.set(code)) next.add(at + 1);
  }
  return [...next].sort((a, b) => a - b);
}

function neighbour(code: number): Neighbour {
  if (code === END) return 'edge';
  if (code === 10) return 'newline';
  return isWord(code) ? 'word' : 'other';
}

function holds(assertion: Assertion, before: Neighbour, after: Neighbour): boolean {
  switch (assertion) {
    case 'textStart':
      return before === 'edge';
    case 'textEnd':
      return after === 'edge';
    case 'lineStart':
      return before === 'edge' || before === 'newline';
    case 'lineEnd':
      return after === 'edge' || after === 'newline';
    case 'wordEdge':
      return (before === 'word') !== (after === 'word');
    case 'noWordEdge':
      return (before === 'word') === (after === 'word');
  }
}
