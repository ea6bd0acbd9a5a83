import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../src/query/pattern.ts';

/** Expressions that mean the same to RE2 and to JavaScript with the `u` flag. */
const expression: fc.Arbitrary<string> = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '\\d', '\\w', '\\b', '\\B', '^', '$', '-', ''),
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => a + b),
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(?:${a}|${b})`),
    fc.tuple(tie('node'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,}', '*?')).map(([a, times]) => `(?:${a})${times}`),
  ),
})).node;

describe('query/pattern', () => {
  it('finds what JavaScript finds', () => {
    fc.assert(
      fc.property(expression, fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '-', '\n', 'é'), maxLength: 12 }), (source, text) => {
        expect(compilePattern(source)(text)).toBe(new RegExp(source, 'u').test(text));
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['(?i)Nginx', 'the NGINX server', true],
    ['(?i:n)ginx', 'nGINX', false],
    ['(?i)[a-f]+z', 'ABCz', true],
    ['a(?i)b', 'aB', true],
    ['(a(?i)b)c', 'aBC', false],
    ['(?m)^b$', 'a\nb\nc', true],
    ['^b$', 'a\nb\nc', false],
    ['(?s)a.b', 'a\nb', true],
    ['a.b', 'a\nb', false],
    ['(?s-i:a.b)', 'a\nb', true],
    ['\\Aa\\z', 'a', true],
    ['\\Aa\\z', 'ba', false],
    ['[[:digit:]]{3}', 'ab123', true],
    ['[^[:alpha:]]', 'abc', false],
    ['[[:^alpha:]]', 'a1', true],
    ['\\pL\\p{Greek}', 'xλ', true],
    ['\\PL', 'x', false],
    ['\\x41\\x{1F600}', 'A😀', true],
    ['^\\Qa.b\\E+$', 'a.bbb', true],
    ['\\Qa.b\\E', 'axb', false],
    ['\\Qa.b\\Ec', 'a.bc', true],
    ['(?P<name>a)(?<other>b)', 'ab', true],
    ['[]a]', ']', true],
    ['[a-]', '-', true],
    ['[\\d.]+$', '1.2', true],
    ['a{,2}', 'a{,2}', true],
    ['x{2', 'x{2', true],
    ['', '', true],
  ])('%s in %j: %s', (source, text, found) => {
    expect(compilePattern(source)(text)).toBe(found);
  });

  it.each([
    '(',
    ')',
    'a)',
    '[a',
    '[b-a]',
    '*',
    'a**',
    'a{2}{3}',
    '(?=a)',
    '(?<=a)',
    '(?!a)',
    '(a)\\1',
    '\\',
    '\\y',
    'a{1001}',
    'a{3,2}',
    '\\p{Nonsense}',
    '[[:what:]]',
    '(?P<>a)',
    '\\x{110000}',
    '((a{1000}){1000}){1000}',
    '('.repeat(200),
  ])('refuses %s', (source) => {
    expect(() => compilePattern(source)).toThrow(expect.objectContaining({ code: 'QUERY_INVALID' }));
  });

  it('takes time in proportion to the text whatever the expression', () => {
    const text = 'a'.repeat(20_000);
    const started = performance.now();
    expect(compilePattern('^(a+)+$')(`${text}!`)).toBe(false);
    expect(compilePattern('(a|a)*b')(text)).toBe(false);
    expect(compilePattern('.*a.*a.*a.*b')(text)).toBe(false);
    expect(compilePattern('(?:a?){100}a{100}b')(text)).toBe(false);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('stays right when it has to forget what it knew', () => {
    const random = Array.from({ length: 60_000 }, (_, index) => String.fromCodePoint(0x4e00 + ((index * 7919) % 20_000))).join('');
    expect(compilePattern('[^a]{50}x$')(random)).toBe(false);
    expect(compilePattern('[^a]{50}x$')(`${random}x`)).toBe(true);
  });
});
