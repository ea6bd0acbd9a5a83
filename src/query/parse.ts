import { isMirrorError } from '../core/errors.ts';
import { nearestNames } from '../core/names.ts';
import { compileGlob, isGlob } from './glob.ts';
import { type Token, tokens } from './lexer.ts';
import { compilePattern } from './pattern.ts';
import { queryProblem } from './problem.ts';
import { type Query, type QueryCondition, SPECIAL_FIELDS } from './query.ts';

const MAX_LENGTH = 1024 * 1024;
const MAX_DEPTH = 200;

/**
 * Parses a query of the package query language, which is aptly's:
 *
 *     query     = conjunct { "|" conjunct }                 "," binds tighter than "|"
 *     conjunct  = term { "," term }
 *     term      = "!" term | "(" query ")" | field | reference | dependency
 *     field     = FIELD [ condition ]                       begins with "$" or a capital, and has no "_"
 *     reference = NAME "_" VERSION "_" ARCHITECTURE         without a condition
 *     dependency = NAME [ condition ] [ "{" ARCHITECTURE "}" ]
 *     condition = "(" [ operator ] VALUE ")"                no operator means "="
 *     operator  = "<<" | "<=" | "<" | "=" | ">" | ">=" | ">>" | "%" | "~"
 *
 * Names and values are bare, or in single or double quotes with backslash escapes. Different from aptly: no space is needed before "(";
 * a bare NAME with `*`, `?` or `[` is a glob over package names; an unknown `$` field and a glob or regular expression that is wrong
 * are errors.
 *
 * Throws QUERY_INVALID, whose message has the query and a caret under the place.
 */
export function parseQuery(text: string): Query {
  if (text.length > MAX_LENGTH) throw queryProblem(text, MAX_LENGTH, `it is longer than ${MAX_LENGTH} characters`);
  if (text.trim() === '') throw queryProblem(text, 0, 'it is empty', 'A query that matches every package is "Name".');
  const parser = createParser(text);
  const query = parser.query(0);
  parser.end();
  return query;
}

interface Parser {
  query(depth: number): Query;
  end(): void;
}

function createParser(text: string): Parser {
  const all = tokens(text);
  let position = 0;
  const peek = (): Token => all[position] ?? { kind: 'end', at: text.length };
  const wrong = (token: Token, what: string, hint?: string): Error =>
    queryProblem(text, token.at, token.kind === 'end' ? `it ends where ${what} is expected` : `${what} is expected`, hint);

  function accept(kind: Token['kind']): boolean {
    if (peek().kind !== kind) return false;
    position++;
    return true;
  }

  function expect(kind: Token['kind'], hint?: string): void {
    if (!accept(kind)) throw wrong(peek(), `"${kind}"`, hint);
  }

  function value(what: string): Token & { kind: 'text' } {
    const token = peek();
    if (token.kind !== 'text') throw wrong(token, what, 'Put text that has spaces, brackets or operators in quotes.');
    position++;
    return token;
  }

  function joined(kind: 'or' | 'and', separator: '|' | ',', operand: () => Query): Query {
    const first = operand();
    const operands = [first];
    while (accept(separator)) operands.push(operand());
    return operands.length === 1 ? first : { kind, operands };
  }

  function query(depth: number): Query {
    return joined('or', '|', () => joined('and', ',', () => term(depth)));
  }

  function term(depth: number): Query {
    const token = peek();
    if (depth > MAX_DEPTH) throw queryProblem(text, token.at, `it is nested more than ${MAX_DEPTH} deep`);
    if (accept('!')) return { kind: 'not', operand: term(depth + 1) };
    if (!accept('(')) return atom();
    const inner = query(depth + 1);
    expect(')');
    return inner;
  }

  function atom(): Query {
    const token = value('a package name, a field, "!" or "("');
    if (token.text === '') throw queryProblem(text, token.at, 'a name is empty');
    if (isField(token.text) && peek().kind !== '{' && !(isGlob(token.text) && !token.quoted)) return field(token);
    const reference = peek().kind === '(' || peek().kind === '{' ? undefined : referenceOf(token.text);
    const glob = !token.quoted && isGlob(token.text);
    if (reference !== undefined && !glob) return reference;
    const condition = peek().kind === '(' ? parseCondition() : undefined;
    const architecture = accept('{') ? bracedArchitecture() : undefined;
    if (!glob) return { kind: 'dependency', name: token.text, ...present({ condition, architecture }) };
    checked(token, () => compileGlob(token.text));
    return { kind: 'glob', pattern: token.text, ...present({ condition, architecture }) };
  }

  function field(token: Token & { kind: 'text' }): Query {
    if (token.text.startsWith('$') && !(SPECIAL_FIELDS as readonly string[]).includes(token.text)) {
      const near = nearestNames(token.text, SPECIAL_FIELDS);
      throw queryProblem(
        text,
        token.at,
        `${token.text} is no special field`,
        `There are ${(near.length > 0 ? near : SPECIAL_FIELDS).join(', ')}.`,
      );
    }
    const condition = peek().kind === '(' ? parseCondition() : undefined;
    return { kind: 'field', field: token.text, ...present({ condition }) };
  }

  function parseCondition(): QueryCondition {
    expect('(');
    const first = peek();
    if (first.kind === 'operator') position++;
    const operator = first.kind === 'operator' ? first.operator : '=';
    const token = value('a value');
    if (operator === '%') checked(token, () => compileGlob(token.text));
    if (operator === '~') checked(token, () => compilePattern(token.text));
    expect(')', 'Put a value that has spaces or brackets in quotes.');
    return { operator, value: token.text };
  }

  function bracedArchitecture(): string {
    const name = value('an architecture').text;
    expect('}');
    return name;
  }

  function checked(token: Token, compile: () => unknown): void {
    try {
      compile();
    } catch (error) {
      if (isMirrorError(error)) throw queryProblem(text, token.at, error.message, error.hint);
      throw error;
    }
  }

  return {
    query,
    end() {
      if (peek().kind !== 'end') throw wrong(peek(), '"," (and), "|" (or) or the end');
    },
  };
}

/** Whether a term is a field rather than a package name. */
function isField(text: string): boolean {
  return text.startsWith('$') || (/^\p{Lu}/u.test(text) && !text.includes('_'));
}

function referenceOf(text: string): Query | undefined {
  const first = text.indexOf('_');
  const last = text.lastIndexOf('_');
  if (first === last) return undefined;
  return { kind: 'reference', name: text.slice(0, first), version: text.slice(first + 1, last), architecture: text.slice(last + 1) };
}

/** The properties that have a value. */
function present<T extends object>(properties: T): Partial<T> {
  return Object.fromEntries(Object.entries(properties).filter(([, entry]) => entry !== undefined)) as Partial<T>;
}
