import { describe, expect, it } from 'vitest';
import { expandEnvironment } from '../../src/config/environment.ts';

const DOLLAR = '$';

describe('config/environment', () => {
  it('fills in variables anywhere in a string value, also in lists and maps, and leaves keys alone', () => {
    const value = { [`${DOLLAR}{A}`]: [`x${DOLLAR}{A}y${DOLLAR}{B}`, 3, null, true] };
    expect(expandEnvironment(value, { A: '1', B: '' })).toEqual({ value: { [`${DOLLAR}{A}`]: ['x1y', 3, null, true] }, problems: [] });
  });

  it("does not touch yum's variables", () => {
    const url = 'http://x/$releasever/$basearch';
    expect(expandEnvironment(url, { releasever: 'wrong' }).value).toBe(url);
  });

  it('does not expand what a variable holds', () => {
    expect(expandEnvironment(`${DOLLAR}{A}`, { A: `${DOLLAR}{B}`, B: 'no' }).value).toBe(`${DOLLAR}{B}`);
  });

  it('takes $${ for a literal ${', () => {
    expect(expandEnvironment(`a${DOLLAR}${DOLLAR}{A}b`, { A: 'no' })).toEqual({ value: `a${DOLLAR}{A}b`, problems: [] });
  });

  it.each([
    [`${DOLLAR}{MISSING}`, 'the environment variable MISSING is not set'],
    [`${DOLLAR}{releasever}`, 'the environment variable releasever is not set'],
    [`${DOLLAR}{A:-x}`, `"${DOLLAR}{A:-x}" names no environment variable`],
    [`${DOLLAR}{}`, `"${DOLLAR}{}" names no environment variable`],
    [`${DOLLAR}{A`, `"${DOLLAR}{A" names no environment variable`],
  ])('refuses %s', (text, message) => {
    const { value, problems } = expandEnvironment({ mirrors: { a: { url: text } } }, { A: 'set' });
    expect(value).toEqual({ mirrors: { a: { url: text } } });
    expect(problems).toMatchObject([{ path: ['mirrors', 'a', 'url'], part: 'value', message }]);
  });

  it('says how yum writes its own variables', () => {
    expect(expandEnvironment(`${DOLLAR}{basearch}`, {}).problems[0]?.allowed).toContain('$basearch (without braces)');
  });
});
