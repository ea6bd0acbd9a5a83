import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { reasonOf } from '../core/errors.ts';

/** Keys and list positions from the root to a value. */
export type KeyPath = readonly (string | number)[];

/** Counted from 1, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

interface SyntaxProblem {
  readonly position: Position;
  readonly message: string;
}

/** A YAML file as plain values, with the way back from a value to its place in the text. */
export interface YamlSource {
  readonly value: unknown;
  /** What is no YAML, or not the subset that is accepted (duplicate keys, several documents). `value` is undefined then. */
  readonly syntax: readonly SyntaxProblem[];
  /** Where the value of a path stands, or its key; of what is not there, the nearest thing around it. */
  position(path: KeyPath, part: 'key' | 'value'): Position;
}

const MOST_ALIASES = 100;

export interface YamlOptions {
  /** `text`: every value without quotes is a text, as it is written (failsafe schema). Default: `typed`, the core schema. */
  readonly scalars?: 'typed' | 'text';
  /** Below these paths `number` says what a number without quotes is. */
  readonly numbersIn?: readonly KeyPath[];
  /** By default its text as it is written: 1.10 is not 1.1 then. */
  readonly number?: (written: string, value: number) => unknown;
}

/** Parses YAML 1.2. Never throws: what is wrong is in `syntax`. */
export function parseYaml(
  text: string,
  { scalars = 'typed', numbersIn = [], number = (written) => written }: YamlOptions = {},
): YamlSource {
  const lines = new LineCounter();
  const schema = scalars === 'text' ? 'failsafe' : 'core';
  const document = parseDocument(text, { schema, lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: false });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const syntax: SyntaxProblem[] = [...document.errors, ...document.warnings].map((problem) => ({
    position: at(problem.pos[0]),
    message: plainMessage(problem.code, problem.message),
  }));
  let value: unknown;
  if (syntax.length === 0) {
    syntax.push(...unusableKeys(document).map(({ offset, message }) => ({ position: at(offset), message })));
  }
  if (syntax.length === 0) {
    for (const path of numbersIn) replaceNumbers(document.getIn(path, true), number);
    try {
      value = document.toJS({ maxAliasCount: MOST_ALIASES });
      if (containsItself(value, [])) throw new Error('an alias (*name) stands inside the value that it names');
    } catch (error) {
      syntax.push({ position: at(firstAlias(document)), message: reasonOf(error) });
      value = undefined;
    }
  }
  return {
    value,
    syntax,
    position: (path, part) => at(offsetOf(document, path, part)),
  };
}

function plainMessage(code: string, message: string): string {
  if (code === 'TAB_AS_INDENT') return 'a tab is used to indent; YAML allows only spaces';
  if (code === 'MULTIPLE_DOCS') return 'the file holds more than one YAML document; only one is allowed';
  if (code === 'BAD_INDENT') return `wrong indentation: ${message}`;
  return message;
}

type Parsed = ReturnType<typeof parseDocument>;

/** Keys that a plain value cannot have, or should not. The parser's own search for those that are there twice takes the square of their number in time. */
function unusableKeys(document: Parsed): { readonly offset: number; readonly message: string }[] {
  const found: { readonly offset: number; readonly message: string }[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<string>();
      for (const { key } of items) {
        const message = isScalar(key) ? unusable(String(key.value), seen) : NO_TEXT;
        if (message !== undefined) found.push({ offset: startOf(key) ?? 0, message });
      }
    },
  });
  return found;
}

const NO_TEXT = 'a key can only be a text; put {{ … }} and the like in quotes';

function unusable(key: string, seen: Set<string>): string | undefined {
  if (key === '__proto__') return '__proto__ cannot be a key';
  if (seen.has(key)) return 'this key is there twice; remove one of the two';
  seen.add(key);
  return undefined;
}

function replaceNumbers(node: unknown, number: (written: string, value: number) => unknown): void {
  if (!isNode(node)) return;
  visit(node, {
    Scalar(key, scalar) {
      if (key !== 'key' && typeof scalar.value === 'number' && scalar.source !== undefined)
        scalar.value = number(scalar.source, scalar.value);
    },
  });
}

function firstAlias(document: Parsed): number {
  let offset = 0;
  visit(document, {
    Alias(_, alias) {
      offset = startOf(alias) ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

function offsetOf(document: Parsed, path: KeyPath, part: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, segment] of path.entries()) {
    const next = step(document, node, segment);
    if (next === undefined) return offset;
    const isLast = index === path.length - 1;
    const key = startOf(next.key) ?? offset;
    offset = isLast && part === 'value' ? (startOf(next.value) ?? key) : key;
    node = next.value;
  }
  return offset;
}

function step(document: Parsed, from: unknown, segment: string | number): { key: unknown; value: unknown } | undefined {
  const node = isAlias(from) ? from.resolve(document) : from;
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(segment));
    return pair === undefined ? undefined : { key: pair.key, value: pair.value };
  }
  if (isSeq(node)) {
    const item = node.items[Number(segment)];
    return item === undefined ? undefined : { key: item, value: item };
  }
  return undefined;
}

function startOf(node: unknown): number | undefined {
  const range = (node as Node | null | undefined)?.range;
  return range?.[0];
}

function containsItself(value: unknown, around: readonly unknown[]): boolean {
  if (value === null || typeof value !== 'object') return false;
  return around.includes(value) || Object.values(value).some((item) => containsItself(item, [...around, value]));
}
