import { MirrorError } from '../core/errors.ts';

/** How much of a long line is shown on each side of the place. */
const AROUND = 60;

/** What is wrong where in a text that a person wrote. */
export interface TextProblem {
  /** In UTF-16 units. */
  readonly offset: number;
  readonly what: string;
  readonly hint?: string | undefined;
}

/** The error for a query that is wrong at an offset (in UTF-16 units): shows the line, with a caret under the place. */
export function queryProblem(text: string, offset: number, what: string, hint?: string): MirrorError {
  return textProblem('query', text, { offset, what, hint });
}

/** As `queryProblem`, for another kind of text. */
export function textProblem(kind: string, text: string, { offset, what, hint }: TextProblem): MirrorError {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const newline = text.indexOf('\n', offset);
  const lineEnd = newline === -1 ? text.length : newline;
  const from = Math.max(lineStart, offset - AROUND);
  const to = Math.min(lineEnd, offset + AROUND);
  const before = `${from > lineStart ? '…' : ''}${plain(text.slice(from, offset))}`;
  const after = `${plain(text.slice(offset, to))}${to < lineEnd ? '…' : ''}`;
  const column = [...text.slice(lineStart, offset)].length + 1;
  const line = lineStart === 0 ? '' : `line ${text.slice(0, lineStart).split('\n').length}, `;
  return new MirrorError(
    'QUERY_INVALID',
    `the ${kind} is wrong at ${line}column ${column}: ${what}\n  ${before}${after}\n  ${' '.repeat([...before].length)}^`,
    { hint, details: { column } },
  );
}

/** One column for each character, so that the caret stands where it should. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}
