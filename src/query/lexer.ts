import { queryProblem } from './problem.ts';
import type { QueryOperator } from './query.ts';

export type Token =
  | { readonly kind: '(' | ')' | '{' | '}' | '|' | ',' | '!' | 'end'; readonly at: number }
  | { readonly kind: 'operator'; readonly operator: QueryOperator; readonly at: number }
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean; readonly at: number };

const PUNCTUATION = new Set(['(', ')', '{', '}', '|', ',', '!'] as const);
type Punctuation = typeof PUNCTUATION extends Set<infer P> ? P : never;

/** `<` and `>` mean what they did in old control files: `<=` and `>=`. */
const OPERATORS: readonly (readonly [string, QueryOperator])[] = [
  ['<<', '<<'],
  ['<=', '<='],
  ['<', '<='],
  ['>>', '>>'],
  ['>=', '>='],
  ['>', '>='],
  ['=', '='],
  ['%', '%'],
  ['~', '~'],
];

/** What a bare text ends before. The operators are not among these: inside a text they are characters like others. */
const BARE = /[^\s(){}|,!]+/y;
const SPACE = /\s+/y;

/** The tokens of a query, the last of them `end`. QUERY_INVALID when a quote is not closed. */
export function tokens(query: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < query.length) {
    const space = matchAt(SPACE, query, at);
    if (space === '') {
      const [token, next] = tokenAt(query, at);
      found.push(token);
      at = next;
    } else {
      at += space.length;
    }
  }
  found.push({ kind: 'end', at: query.length });
  return found;
}

function tokenAt(query: string, at: number): readonly [Token, number] {
  const first = query.charAt(at);
  if (isPunctuation(first)) return [{ kind: first, at }, at + 1];
  if (first === '"' || first === "'") return quotedAt(query, at);
  const operator = OPERATORS.find(([text]) => query.startsWith(text, at));
  if (operator !== undefined) return [{ kind: 'operator', operator: operator[1], at }, at + operator[0].length];
  const text = matchAt(BARE, query, at);
  return [{ kind: 'text', text, quoted: false, at }, at + text.length];
}

/** A text in quotes; a backslash stands before a character that is meant literally. */
function quotedAt(query: string, at: number): readonly [Token, number] {
  const quote = query[at];
  let text = '';
  for (let next = at + 1; next < query.length; next++) {
    const character = query.charAt(next);
    if (character === quote) return [{ kind: 'text', text, quoted: true, at }, next + 1];
    if (character === '\\' && next + 1 < query.length) next++;
    text += query.charAt(next);
  }
  throw queryProblem(query, at, `this quote is not closed`);
}

function isPunctuation(character: string): character is Punctuation {
  return (PUNCTUATION as ReadonlySet<string>).has(character);
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
