import { type Capability, flagsOfOperator } from './dependencies.ts';
import { parseEvr } from './version.ts';

export type RichOperator = 'and' | 'or' | 'if' | 'unless' | 'with' | 'without';

/** A rich (boolean) dependency, taken apart (rpm: boolean dependencies). */
export type RichNode =
  | { readonly kind: 'capability'; readonly capability: Capability }
  | {
      readonly kind: 'operation';
      readonly operator: RichOperator;
      /** At least two; `if` and `unless` have the condition second. */
      readonly operands: readonly RichNode[];
      /** Of `if` and `unless`. */
      readonly otherwise?: RichNode | undefined;
    };

const MAX_NODES = 1000;
const MAX_DEPTH = 32;
const OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'if', 'unless', 'with', 'without']);
const CHAINABLE: ReadonlySet<string> = new Set(['and', 'or', 'with']);

/** Whether a dependency's name is a rich dependency. */
export function isRich(name: string): boolean {
  return name.startsWith('(');
}

/** Takes a rich dependency apart; undefined when it is malformed. */
export function parseRich(text: string): RichNode | undefined {
  const reader = new Reader(text);
  const node = reader.node(0);
  return node !== undefined && reader.atEnd() ? node : undefined;
}

class Reader {
  private at = 0;
  private nodes = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  atEnd(): boolean {
    this.space();
    return this.at === this.text.length;
  }

  node(depth: number): RichNode | undefined {
    this.space();
    if (++this.nodes > MAX_NODES || depth > MAX_DEPTH) return undefined;
    return this.text[this.at] === '(' ? this.operation(depth) : this.simple();
  }

  private operation(depth: number): RichNode | undefined {
    this.at++;
    const first = this.node(depth + 1);
    if (first === undefined) return undefined;
    const operands = [first];
    let operator: RichOperator | undefined;
    let otherwise: RichNode | undefined;
    for (;;) {
      this.space();
      if (this.text[this.at] === ')') break;
      const word = this.word();
      const operand = this.node(depth + 1);
      if (operand === undefined) return undefined;
      if (word === 'else' && (operator === 'if' || operator === 'unless') && otherwise === undefined) {
        otherwise = operand;
      } else if (isOperator(word) && (operator === undefined || (operator === word && CHAINABLE.has(word)))) {
        operator = word;
        operands.push(operand);
      } else return undefined;
    }
    this.at++;
    // `(foo)` is foo itself.
    return operator === undefined ? first : { kind: 'operation', operator, operands, otherwise };
  }

  private simple(): RichNode | undefined {
    const name = this.word();
    if (name === '' || isOperator(name)) return undefined;
    const before = this.at;
    this.space();
    const flags = flagsOfOperator(this.word());
    if (flags === undefined) {
      this.at = before;
      return { kind: 'capability', capability: { name, flags: 0, evr: undefined } };
    }
    this.space();
    const version = this.word();
    if (!/^(?:\d{1,9}:)?[^:\s]+$/.test(version)) return undefined;
    return { kind: 'capability', capability: { name, flags, evr: parseEvr(version) } };
  }

  /** Up to white space or a parenthesis that was not opened in the word: names such as `lib(x86-64)` have their own. */
  private word(): string {
    const start = this.at;
    let open = 0;
    for (; this.at < this.text.length; this.at++) {
      const character = this.text[this.at];
      if (character === ' ' || character === '\t' || character === '\n') break;
      if (character === '(') open++;
      else if (character === ')' && --open < 0) break;
    }
    return this.text.slice(start, this.at);
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
  }
}

function isOperator(word: string): word is RichOperator {
  return OPERATORS.has(word);
}
