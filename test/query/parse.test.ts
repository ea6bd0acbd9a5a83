import { describe, expect, it } from 'vitest';
import { isMirrorError } from '../../src/core/errors.ts';
import { parseQuery } from '../../src/query/parse.ts';
import type { Query } from '../../src/query/query.ts';

const named = (name: string): Query => ({ kind: 'dependency', name });

function refusal(text: string): { message: string; hint: string | undefined } {
  try {
    parseQuery(text);
  } catch (error) {
    if (isMirrorError(error, 'QUERY_INVALID')) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

describe('query/parse', () => {
  it('binds "," tighter than "|", and "!" tightest', () => {
    const expected = { kind: 'or', operands: [named('a'), { kind: 'and', operands: [{ kind: 'not', operand: named('b') }, named('c')] }] };
    expect(parseQuery('a | !b, c')).toEqual(expected);
    expect(parseQuery(' a|!b,c\n')).toEqual(expected);
    expect(parseQuery('(a | b), !!c')).toEqual({
      kind: 'and',
      operands: [
        { kind: 'or', operands: [named('a'), named('b')] },
        { kind: 'not', operand: { kind: 'not', operand: named('c') } },
      ],
    });
  });

  it.each([
    ['x (>= 1.2)', '>=', '1.2'],
    ['x(>= 1.2)', '>=', '1.2'],
    ['x (>=1.2)', '>=', '1.2'],
    ['x (> 1)', '>=', '1'],
    ['x (< 1)', '<=', '1'],
    ['x (<< 1:2~rc1-3)', '<<', '1:2~rc1-3'],
    ['x (1)', '=', '1'],
    ['x (= "a b")', '=', 'a b'],
    ["x (% '1.*')", '%', '1.*'],
    ['x (~ ^1)', '~', '^1'],
  ])('%s', (text, operator, value) => {
    expect(parseQuery(text)).toEqual({ kind: 'dependency', name: 'x', condition: { operator, value } });
  });

  it('reads fields, references, globs, architectures and quotes', () => {
    expect(parseQuery('$Version (>> 2)')).toEqual({ kind: 'field', field: '$Version', condition: { operator: '>>', value: '2' } });
    expect(parseQuery('Essential')).toEqual({ kind: 'field', field: 'Essential' });
    expect(parseQuery('Section (% non-free/*)')).toEqual({
      kind: 'field',
      field: 'Section',
      condition: { operator: '%', value: 'non-free/*' },
    });
    expect(parseQuery('g++_4:13.2.0-7_amd64')).toEqual({ kind: 'reference', name: 'g++', version: '4:13.2.0-7', architecture: 'amd64' });
    expect(parseQuery('a_b_c_d')).toEqual({ kind: 'reference', name: 'a', version: 'b_c', architecture: 'd' });
    expect(parseQuery('mod_ssl')).toEqual(named('mod_ssl'));
    expect(parseQuery('x (1) {amd64}')).toEqual({
      kind: 'dependency',
      name: 'x',
      condition: { operator: '=', value: '1' },
      architecture: 'amd64',
    });
    expect(parseQuery('x{source}')).toEqual({ kind: 'dependency', name: 'x', architecture: 'source' });
    expect(parseQuery('linux-*(>= 5)')).toEqual({ kind: 'glob', pattern: 'linux-*', condition: { operator: '>=', value: '5' } });
    expect(parseQuery('Image*')).toEqual({ kind: 'glob', pattern: 'Image*' });
    expect(parseQuery(`'a\\'b"' | "perl(A::B)"`)).toEqual({ kind: 'or', operands: [named(`a'b"`), named('perl(A::B)')] });
    expect(parseQuery('"x*"')).toEqual(named('x*'));
    expect(parseQuery('libx=~%<>y')).toEqual(named('libx=~%<>y'));
  });

  it.each([
    ['a b', 3, '"," (and), "|" (or) or the end is expected'],
    ['a |', 4, 'it ends where a package name'],
    ['(a', 3, 'it ends where ")"'],
    ['a)', 2, 'or the end is expected'],
    ['x (>= 1 2)', 9, '")" is expected'],
    ['x ()', 4, 'a value is expected'],
    ['x {amd64', 9, 'it ends where "}"'],
    ['x_1_amd64 {amd64', 17, 'it ends where "}"'],
    ['"a', 1, 'this quote is not closed'],
    ['""', 1, 'a name is empty'],
    ['>= 1', 1, 'a package name'],
    ['$Versoin (1)', 1, '$Versoin is no special field'],
    ['a, lib[', 4, 'not closed'],
    ['Name (~ "(")', 9, 'not closed'],
    ['', 1, 'it is empty'],
    ['  ', 1, 'it is empty'],
    [`${'!'.repeat(500)}a`, 202, 'nested'],
    ['('.repeat(500), 202, 'nested'],
  ])('points at what is wrong in %.20s', (text, column, what) => {
    const { message } = refusal(text);
    expect(message).toContain(`column ${column}:`);
    expect(message).toContain(what);
  });

  it('puts the caret under the place, also in a long text of several lines', () => {
    expect(refusal('a |\tb c').message).toBe(
      'the query is wrong at column 7: "," (and), "|" (or) or the end is expected\n  a | b c\n        ^',
    );
    const lines = refusal(`a |\n${'x | '.repeat(100)})`).message.split('\n');
    expect(lines[0]).toContain('line 2, column 401:');
    expect(lines[1]?.indexOf(')')).toBe(lines[2]?.indexOf('^'));
  });

  it('suggests the special field that was meant', () => {
    expect(refusal('$Versoin').hint).toContain('$Version');
  });

  it('refuses what is longer than a megabyte', () => {
    expect(refusal('a|'.repeat(600_000)).message).toContain('longer');
  });
});
