import type { z } from 'zod';
import { nearestNames } from '../core/names.ts';
import type { Problem } from './environment.ts';
import { knownKeys, valueAt } from './known-keys.ts';
import type { KeyPath } from './yaml-source.ts';

/** Keys that people look for and that do not exist, because what they would hold must not stand in the file. */
const SECRETS: Readonly<Record<string, string>> = {
  password: 'passwordFile',
  passphrase: 'passphraseFile',
  token: 'passwordFile',
  secret: 'passwordFile',
};

/** What a schema finds wrong with a value, one problem for each thing that has to be changed. */
export function schemaProblems(schema: z.core.$ZodType, value: unknown, issues: readonly z.core.$ZodIssue[]): Problem[] {
  return issues.flatMap((issue) => problemsOf(schema, value, issue));
}

function problemsOf(schema: z.core.$ZodType, value: unknown, issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.filter((segment) => typeof segment !== 'symbol');
  const found = valueAt(value, path);
  const one = (message: string, more: Partial<Problem> = {}): Problem[] => [{ path, part: 'value', message, ...more }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(schema, value, path, key));
    case 'invalid_key':
      return one(`${show(path.at(-1))} cannot be a name`, { part: 'key', allowed: issue.issues[0]?.message });
    case 'invalid_type':
      return found === undefined ? missing(value, path, issue.expected) : one(...wrongType(found, issue.expected));
    case 'invalid_value': {
      const values = issue.values.map(String);
      if (found === undefined) return missing(value, path, values.join(', '));
      return one(`${show(found)} is not one of the known values`, { allowed: values.join(', '), nearest: near(found, values) });
    }
    case 'invalid_union':
      return unionProblems(schema, value, path, issue);
    case 'too_small':
    case 'too_big':
      return one(...outOfRange(found, issue));
    default:
      return one(`${show(found)} is not allowed`, { allowed: issue.message });
  }
}

function unknownKey(schema: z.core.$ZodType, value: unknown, path: KeyPath, key: string): Problem {
  const known = knownKeys(schema, value, path);
  const instead = Object.hasOwn(SECRETS, key) ? SECRETS[key] : undefined;
  const problem = { path: [...path, key], part: 'key' as const };
  if (instead !== undefined && known.includes(instead)) {
    return {
      ...problem,
      message: 'a secret may not stand in this file',
      allowed: `${instead}: the name of a file that only mirror can read`,
    };
  }
  return { ...problem, message: 'unknown key', allowed: known.join(', '), nearest: nearestNames(key, known, 1)[0] };
}

function missing(value: unknown, path: KeyPath, expected: string): Problem[] {
  if (path.length === 0) return [{ path, part: 'value', message: 'the file is empty', allowed: 'at least `storage: DIRECTORY`' }];
  const around = valueAt(value, path.slice(0, -1));
  return [{ path, part: 'key', message: 'is missing', allowed: around === undefined ? undefined : article(expected) }];
}

function wrongType(found: unknown, expected: string): [string, Partial<Problem>] {
  const scalar = typeof found === 'number' || typeof found === 'boolean';
  if (expected === 'string' && scalar) return [`${found} is a ${typeof found} here`, { allowed: `a text: put it in quotes, "${found}"` }];
  return [`${kindOf(found)} stands here`, { allowed: article(expected) }];
}

function unionProblems(schema: z.core.$ZodType, value: unknown, path: KeyPath, issue: z.core.$ZodIssueInvalidUnion): Problem[] {
  const found = valueAt(value, path);
  if (issue.discriminator !== undefined) {
    const values = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
    if (found === undefined) return missing(value, path, values.join(' or '));
    return [
      {
        path,
        part: 'value',
        message: `${show(found)} is not one of the known values`,
        allowed: values.join(', '),
        nearest: near(found, values),
      },
    ];
  }
  const meant = issue.errors.find((errors) => errors.some((error) => error.path.length > 0 || error.code !== 'invalid_type'));
  if (meant !== undefined) {
    return meant.flatMap((error) => problemsOf(schema, value, { ...error, path: [...issue.path, ...error.path] }));
  }
  const expected = issue.errors.flat().map((error) => (error.code === 'invalid_type' ? article(error.expected) : error.message));
  const allowed = [...new Set(expected)].join(' or ');
  if (found === undefined) return [{ path, part: 'key', message: 'is missing', allowed }];
  return [{ path, part: 'value', message: `${kindOf(found)} stands here`, allowed }];
}

function outOfRange(found: unknown, issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): [string, Partial<Problem>] {
  if (issue.origin === 'number' || issue.origin === 'int') {
    const allowed = issue.code === 'too_small' ? `${issue.minimum} or more` : `${issue.maximum} or less`;
    return [`${show(found)} is too ${issue.code === 'too_small' ? 'small' : 'large'}`, { allowed }];
  }
  if (issue.origin === 'array') return ['the list is empty', { allowed: 'at least one item' }];
  return ['the text is empty', { allowed: 'at least one character' }];
}

function near(found: unknown, values: readonly string[]): string | undefined {
  return nearestNames(String(found), values, 1)[0];
}

function show(found: unknown): string {
  if (typeof found === 'string') return `"${found.length > 80 ? `${found.slice(0, 80)}…` : found}"`;
  return typeof found === 'number' || typeof found === 'boolean' ? String(found) : kindOf(found);
}

function kindOf(found: unknown): string {
  if (found === null) return 'nothing';
  if (Array.isArray(found)) return 'a list';
  switch (typeof found) {
    case 'object':
      return 'a map of keys';
    case 'string':
      return 'a text';
    default:
      return `the ${typeof found} ${String(found)}`;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
  null: 'null',
};

function article(expected: string): string {
  return TYPES[expected] ?? expected;
}
