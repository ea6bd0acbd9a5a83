import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
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

/** Parses YAML 1.2 (core schema). Never throws: what is wrong is in `syntax`. */
export function parseYaml(text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true });
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
    try {
      value = document.toJS({ maxAliasCount: MOST_ALIASES });
      if (containsItself(value, [])) throw new Error('an alias (*name) stands inside the value that it names');
    } catch (error) {
      syntax.push({ position: { line: 1, column: 1 }, message: reasonOf(error) });
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
  if (code === 'DUPLICATE_KEY') return 'this key is there twice; remove one of the two';
  if (code === 'TAB_AS_INDENT') return 'a tab is used to indent; YAML allows only spaces';
  if (code === 'MULTIPLE_DOCS') return 'the file holds more than one YAML document; only one is allowed';
  if (code === 'BAD_INDENT') return `wrong indentation: ${message}`;
  return message;
}

type Parsed = ReturnType<typeof parseDocument>;

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
