import type { z } from 'zod';
import { problemText } from '../../config/problem-text.ts';
import { schemaProblems } from '../../config/schema-problems.ts';
import { type Position, parseYaml, type YamlSource } from '../../config/yaml-source.ts';
import { MirrorError } from '../../core/errors.ts';

/** Most characters of a list and of a plan file. */
const MAX_LIST = 4 * 1024 * 1024;
/** Most problems of one list that are told at once. */
const MAX_PROBLEMS = 20;

/** That a list cannot be read, at a place in it. */
export function listInvalid(what: string, { line, column }: Position, why: string): MirrorError {
  return new MirrorError('LIST_INVALID', `${what}:${line}:${column}: ${why}`);
}

/** The text without a byte order mark. Throws LIST_INVALID where it is too long, or no text. */
export function listText(text: string, what: string): string {
  if (text.length > MAX_LIST) {
    const why = `the list goes on beyond ${MAX_LIST} characters, which is the most that is read`;
    throw listInvalid(what, positionOf(text, MAX_LIST), why);
  }
  const binary = text.indexOf('\0');
  if (binary >= 0) throw listInvalid(what, positionOf(text, binary), 'there is a NUL: this is no text');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** Reads YAML in which every value is a text, as it is written: `3.0` stays `3.0`. Throws LIST_INVALID with the first problem's place. */
export function parseTextYaml(text: string, what: string): YamlSource {
  const source = parseYaml(text, { scalars: 'text' });
  const [first] = source.syntax;
  if (first !== undefined) throw listInvalid(what, first.position, first.message);
  return source;
}

/** What a schema makes of a document. Throws LIST_INVALID with what it finds wrong first, a line each. */
export function readBy<T extends z.ZodType>(schema: T, value: unknown, source: YamlSource, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = schemaProblems(schema, value, result.error.issues);
  const lines = problems.slice(0, MAX_PROBLEMS).map((problem) => {
    const { line, column } = source.position(problem.path, problem.part);
    return `${what}:${line}:${column}: ${problemText(problem)}`;
  });
  const more = problems.length > MAX_PROBLEMS ? [`${what}: and ${problems.length - MAX_PROBLEMS} more errors`] : [];
  throw new MirrorError('LIST_INVALID', [...new Set([...lines, ...more])].join('\n'));
}

function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
