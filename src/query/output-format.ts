import { textProblem } from './problem.ts';

/** A field that a format asks for. */
export interface FormatField {
  /** As it is written. */
  readonly name: string;
  /** Whether it is written as rpm and dnf write tags: `%{version}` is the version without epoch and release there. */
  readonly tag: boolean;
}

/** A parsed format. */
export interface OutputFormat {
  /** The fields that it asks for, each name once, in the order of the format. */
  readonly fields: readonly FormatField[];
  /** The text for one package. `read` gives the value of a field, empty where the package lacks it. */
  render(read: (field: FormatField) => string): string;
}

interface Part {
  readonly field: FormatField;
  /** At least so many characters, filled up on the right where it is negative. */
  readonly width: number;
}

const MAX_LENGTH = 64 * 1024;
const MAX_WIDTH = 1000;

// biome-ignore lint/suspicious/noTemplateCurlyInString: this is how fields are written
const DPKG_HINT = 'Fields are written ${Package} or ${Package;-20}.';

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** `${Name}` and `${Name;width}`, as in dpkg-query. */
const DPKG = /\$\{\s*([^{};\s]+)\s*(?:;\s*(-?\d{1,6})\s*)?\}/y;
/** `%{name}` and `%-20{name}`, as in rpm and dnf. */
const RPM = /%(-?\d{1,6})?\{\s*([^{}\s]+)\s*\}/y;
/** `{{.Name}}` and `{{index . "Name"}}`, as in aptly. */
const APTLY = /\{\{-?\s*(?:\.([^{}\s]+)|index\s+\.\s+"([^"{}]+)")\s*-?\}\}/y;

/**
 * Parses how each package is to be printed. Fields are written as `{{.Package}}` (aptly), `${Package}` (dpkg-query) or `%{name}` (dnf
 * repoquery); `${Package;-20}` and `%-20{name}` give them a width. `\n`, `\t` and `\r` are what they are elsewhere, a backslash before
 * any other character stands for that character, and `%%` for `%`. Everything else is printed as it is. A line break is added where the
 * format does not end in one.
 *
 * Throws QUERY_INVALID, whose message has the format and a caret under the place.
 */
export function parseOutputFormat(text: string): OutputFormat {
  if (text.length > MAX_LENGTH) throw formatProblem(text, MAX_LENGTH, `it is longer than ${MAX_LENGTH} characters`);
  const parts: (string | Part)[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    const found = fieldAt(text, at);
    if (found === undefined) {
      const [plain, next] = literalAt(text, at);
      literal += plain;
      at = next;
    } else {
      parts.push(literal, found.part);
      literal = '';
      at = found.next;
    }
  }
  parts.push(literal.endsWith('\n') ? literal : `${literal}\n`);
  const fields = new Map<string, FormatField>();
  for (const part of parts) if (typeof part !== 'string' && !fields.has(part.field.name)) fields.set(part.field.name, part.field);
  return {
    fields: [...fields.values()],
    render: (read) => parts.map((part) => (typeof part === 'string' ? part : padded(read(part.field), part.width))).join(''),
  };
}

function fieldAt(text: string, at: number): { readonly part: Part; readonly next: number } | undefined {
  const part = (name: string | undefined, width: string | undefined, tag: boolean): Part => {
    const columns = Number(width ?? 0);
    if (Math.abs(columns) > MAX_WIDTH) throw formatProblem(text, at, `a width of ${columns} is more than ${MAX_WIDTH}`);
    return { field: { name: name ?? '', tag }, width: columns };
  };
  if (text.startsWith('${', at)) {
    const match = matchAt(DPKG, text, at);
    if (match === undefined) throw formatProblem(text, at, 'this field is not complete', DPKG_HINT);
    return { part: part(match[1], match[2], false), next: at + match[0].length };
  }
  if (text.startsWith('{{', at)) {
    const match = matchAt(APTLY, text, at);
    if (match === undefined) throw formatProblem(text, at, 'this field is not complete', 'Fields are written {{.Package}}.');
    return { part: part(match[1] ?? match[2], undefined, false), next: at + match[0].length };
  }
  if (!/^%-?\d*\{/.test(text.slice(at, at + 10))) return undefined;
  const match = matchAt(RPM, text, at);
  if (match === undefined) throw formatProblem(text, at, 'this field is not complete', 'Fields are written %{name} or %-20{name}.');
  return { part: part(match[2], match[1], true), next: at + match[0].length };
}

/** One character that is printed, and where the next begins. */
function literalAt(text: string, at: number): readonly [string, number] {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (text.startsWith('%%', at)) return ['%', at + 2];
  if (character !== '\\') return [character, at + character.length];
  if (at + 1 === text.length) throw formatProblem(text, at, 'it ends with a backslash', 'Write \\\\ for a backslash.');
  const escaped = String.fromCodePoint(text.codePointAt(at + 1) ?? 0);
  return [ESCAPES[escaped] ?? escaped, at + 1 + escaped.length];
}

function padded(value: string, width: number): string {
  const missing = Math.abs(width) - [...value].length;
  if (missing <= 0) return value;
  return width < 0 ? value + ' '.repeat(missing) : ' '.repeat(missing) + value;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function formatProblem(text: string, at: number, what: string, hint?: string): Error {
  return textProblem('format', text, { offset: at, what, hint });
}
