import { MirrorError } from '../core/errors.ts';
import { anyOf, anything, type CharacterSet, noneOf, notNewline, oneOf, PERL_SETS, POSIX_SETS, range, unicodeSet } from './pattern-set.ts';

/** Where an assertion holds: at the ends of the text, of a line, or at the edge of a word or not. */
export type Assertion = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'wordEdge' | 'noWordEdge';

export type PatternNode =
  | { readonly kind: 'character'; readonly set: CharacterSet }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'sequence' | 'choice'; readonly items: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly item: PatternNode; readonly least: number; readonly most: number };

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiLine: boolean;
  readonly dotAll: boolean;
}

const MAX_LENGTH = 10_000;
const MAX_DEPTH = 100;
/** As RE2 has it. */
const MAX_REPEAT = 1000;
const ESCAPED_CONTROLS: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
]);

/** The error for a glob or regular expression that is wrong. */
export function patternProblem(what: string, hint?: string): MirrorError {
  return new MirrorError('QUERY_INVALID', what, { hint });
}

/** Parses a regular expression of RE2's syntax (https://github.com/google/re2/wiki/Syntax), without \C. */
export function parsePattern(source: string): PatternNode {
  if (source.length > MAX_LENGTH) throw patternProblem(`the regular expression is longer than ${MAX_LENGTH} characters`);
  const scanner = createScanner([...source]);
  const node = alternatives(scanner, { ignoreCase: false, multiLine: false, dotAll: false }, 0);
  if (!scanner.ended()) throw patternProblem('the regular expression has a ")" too many');
  return node;
}

interface Scanner {
  ended(): boolean;
  peek(offset?: number): string;
  next(): string;
  /** Steps over the text if it comes next. */
  accept(text: string): boolean;
  /** The characters up to a terminator, which is stepped over; undefined when there is none. */
  until(terminator: string): string | undefined;
}

function createScanner(characters: readonly string[]): Scanner {
  let at = 0;
  const scanner: Scanner = {
    ended: () => at >= characters.length,
    peek: (offset = 0) => characters[at + offset] ?? '',
    next: () => characters[at++] ?? '',
    accept(text) {
      const wanted = [...text];
      if (!wanted.every((character, index) => characters[at + index] === character)) return false;
      at += wanted.length;
      return true;
    },
    until(terminator) {
      const end = characters.indexOf(terminator, at);
      if (end === -1) return undefined;
      const text = characters.slice(at, end).join('');
      at = end + 1;
      return text;
    },
  };
  return scanner;
}

function alternatives(scanner: Scanner, outer: Flags, depth: number): PatternNode {
  if (depth > MAX_DEPTH) throw patternProblem(`the regular expression is nested more than ${MAX_DEPTH} deep`);
  let flags = outer;
  const choices: PatternNode[] = [];
  let items: PatternNode[] = [];
  while (!scanner.ended() && scanner.peek() !== ')') {
    if (scanner.accept('|')) {
      choices.push({ kind: 'sequence', items });
      items = [];
    } else if (scanner.accept('(')) {
      const opened = group(scanner, flags);
      if (opened.closed) {
        flags = opened.flags;
      } else {
        const item = alternatives(scanner, opened.flags, depth + 1);
        if (!scanner.accept(')')) throw patternProblem('the regular expression has a "(" that is not closed');
        items.push(repeated(scanner, item));
      }
    } else if (scanner.accept('\\Q')) {
      items.push(...quoted(scanner, flags));
    } else {
      items.push(repeated(scanner, single(scanner, flags)));
    }
  }
  choices.push({ kind: 'sequence', items });
  return { kind: 'choice', items: choices };
}

/** What follows a `(`: flags for the rest of the enclosing group, which end with its `)`, or the head of a group. */
function group(scanner: Scanner, flags: Flags): { readonly closed: boolean; readonly flags: Flags } {
  if (!scanner.accept('?')) return { closed: false, flags };
  if (scanner.accept('P<') || (scanner.peek() === '<' && !/[=!]/.test(scanner.peek(1)) && scanner.accept('<'))) {
    const name = scanner.until('>');
    if (name === undefined || !/^\w+$/.test(name)) throw patternProblem('the regular expression has a group with a bad name');
    return { closed: false, flags };
  }
  const changed = { ...flags };
  let on = true;
  for (;;) {
    const letter = scanner.next();
    if (letter === ')' || letter === ':') return { closed: letter === ')', flags: changed };
    if (letter === '-' && on) on = false;
    else if (letter === 'i') changed.ignoreCase = on;
    else if (letter === 'm') changed.multiLine = on;
    else if (letter === 's') changed.dotAll = on;
    else if (letter !== 'U') {
      throw patternProblem(
        'the regular expression has a "(?" that is not known',
        'Looking ahead and behind and back references are not supported, as in RE2.',
      );
    }
  }
}

function quoted(scanner: Scanner, flags: Flags): PatternNode[] {
  const items: PatternNode[] = [];
  while (!scanner.ended() && !scanner.accept('\\E')) items.push(character(oneOf(codeOf(scanner.next()), flags.ignoreCase)));
  const last = items.pop();
  if (last !== undefined) items.push(repeated(scanner, last));
  return items;
}

function repeated(scanner: Scanner, item: PatternNode): PatternNode {
  const bounds = quantifier(scanner);
  if (bounds === undefined) return item;
  // Which of several ways is preferred makes no difference to whether there is one.
  scanner.accept('?');
  if (quantifier(scanner) !== undefined) throw patternProblem('the regular expression repeats a repetition');
  return { kind: 'repeat', item, ...bounds };
}

function quantifier(scanner: Scanner): { readonly least: number; readonly most: number } | undefined {
  if (scanner.accept('*')) return { least: 0, most: Number.POSITIVE_INFINITY };
  if (scanner.accept('+')) return { least: 1, most: Number.POSITIVE_INFINITY };
  if (scanner.accept('?')) return { least: 0, most: 1 };
  if (scanner.peek() !== '{') return undefined;
  let text = '';
  for (let offset = 0; offset < 12 && !text.endsWith('}'); offset++) text += scanner.peek(offset);
  const counts = /^\{(\d+)(,(\d*))?\}$/.exec(text);
  // A brace that is no repetition is a character.
  if (counts === null || !scanner.accept(text)) return undefined;
  const least = Number(counts[1]);
  const most = counts[2] === undefined ? least : Number(counts[3] === '' ? Number.POSITIVE_INFINITY : counts[3]);
  if (least > MAX_REPEAT || (most > MAX_REPEAT && most !== Number.POSITIVE_INFINITY) || most < least) {
    throw patternProblem(
      `the regular expression has a repetition ${text} that is not allowed`,
      `At most ${MAX_REPEAT}, the smaller number first.`,
    );
  }
  return { least, most };
}

function single(scanner: Scanner, flags: Flags): PatternNode {
  const next = scanner.next();
  switch (next) {
    case '.':
      return character(flags.dotAll ? anything : notNewline);
    case '^':
      return { kind: 'assertion', assertion: flags.multiLine ? 'lineStart' : 'textStart' };
    case '$':
      return { kind: 'assertion', assertion: flags.multiLine ? 'lineEnd' : 'textEnd' };
    case '[':
      return character(bracketed(scanner, flags));
    case '*':
    case '+':
    case '?':
      throw patternProblem(`the regular expression has a "${next}" with nothing to repeat`);
    case '\\':
      return escaped(scanner, flags);
    default:
      return character(oneOf(codeOf(next), flags.ignoreCase));
  }
}

function escaped(scanner: Scanner, flags: Flags): PatternNode {
  if (scanner.accept('A')) return { kind: 'assertion', assertion: 'textStart' };
  if (scanner.accept('z')) return { kind: 'assertion', assertion: 'textEnd' };
  if (scanner.accept('b')) return { kind: 'assertion', assertion: 'wordEdge' };
  if (scanner.accept('B')) return { kind: 'assertion', assertion: 'noWordEdge' };
  return character(escapedSet(scanner) ?? oneOf(escapedCode(scanner), flags.ignoreCase));
}

/** `\d`, `\D`, `\pL`, `\p{Greek}` and the like; undefined when something else comes. */
function escapedSet(scanner: Scanner): CharacterSet | undefined {
  const letter = scanner.peek();
  const lower = letter.toLowerCase();
  const negated = letter !== lower;
  const perl = PERL_SETS.get(lower);
  if (perl !== undefined) {
    scanner.next();
    return negated ? noneOf(perl) : perl;
  }
  if (lower !== 'p') return undefined;
  scanner.next();
  const text = scanner.accept('{') ? (scanner.until('}') ?? '') : scanner.next();
  const inverted = text.startsWith('^');
  const set = unicodeSet(inverted ? text.slice(1) : text);
  if (set === undefined) throw patternProblem(`the regular expression names "${text}", which is no class of Unicode`);
  return negated !== inverted ? noneOf(set) : set;
}

/** The character that an escape other than of a class stands for. */
function escapedCode(scanner: Scanner): number {
  const next = scanner.next();
  if (next === '') throw patternProblem('the regular expression ends with a backslash');
  const control = ESCAPED_CONTROLS.get(next);
  if (control !== undefined) return control;
  if (next === 'x') {
    const digits = scanner.accept('{') ? (scanner.until('}') ?? '') : scanner.next() + scanner.next();
    const code = /^[0-9A-Fa-f]{1,6}$/.test(digits) ? Number.parseInt(digits, 16) : Number.POSITIVE_INFINITY;
    if (code > 0x10ffff) throw patternProblem('the regular expression has a \\x without a character number');
    return code;
  }
  if (/[A-Za-z0-9]/.test(next)) {
    throw patternProblem(`the regular expression has a \\${next} that is not known`, 'Back references are not supported, as in RE2.');
  }
  return codeOf(next);
}

function bracketed(scanner: Scanner, flags: Flags): CharacterSet {
  const negated = scanner.accept('^');
  const sets: CharacterSet[] = [];
  for (let first = true; first || scanner.peek() !== ']'; first = false) {
    if (scanner.ended()) throw patternProblem('the regular expression has a [...] class that is not closed');
    sets.push(posixSet(scanner) ?? bracketedItem(scanner, flags));
  }
  scanner.next();
  return negated ? noneOf(anyOf(sets)) : anyOf(sets);
}

function posixSet(scanner: Scanner): CharacterSet | undefined {
  if (!scanner.accept('[:')) return undefined;
  const text = scanner.until(']') ?? '';
  const inverted = text.startsWith('^');
  const set = text.endsWith(':') ? POSIX_SETS.get(text.slice(inverted ? 1 : 0, -1)) : undefined;
  if (set === undefined) throw patternProblem(`the regular expression has a class [:${text}] that is not known`);
  return inverted ? noneOf(set) : set;
}

/** A character, a range or an escaped class inside brackets. */
function bracketedItem(scanner: Scanner, flags: Flags): CharacterSet {
  const endpoint = (): number => {
    const next = scanner.next();
    return next === '\\' ? escapedCode(scanner) : codeOf(next);
  };
  if (scanner.peek() === '\\' && /[dDsSwWpP]/.test(scanner.peek(1))) {
    scanner.next();
    const set = escapedSet(scanner);
    if (set !== undefined) return set;
  }
  const low = endpoint();
  if (scanner.peek() !== '-' || scanner.peek(1) === ']' || scanner.peek(1) === '') return oneOf(low, flags.ignoreCase);
  scanner.next();
  const high = endpoint();
  if (high < low) throw patternProblem('the regular expression has a range whose ends are in the wrong order');
  return range(low, high, flags.ignoreCase);
}

function character(set: CharacterSet): PatternNode {
  return { kind: 'character', set };
}

function codeOf(text: string): number {
  return text.codePointAt(0) ?? 0;
}
