/** The value of a key, and the line that it begins on, counted from 1. */
export interface IniEntry {
  readonly value: string;
  readonly line: number;
}

/** Keys and values by section, in the order of the file. */
export type IniSections = ReadonlyMap<string, ReadonlyMap<string, IniEntry>>;

export interface IniOptions {
  /** The error for a line that is no section, comment, `key=value` or continuation; `why` completes it. */
  readonly invalid: (line: number, why: string, text: string) => Error;
  /** What a key is known by. */
  readonly keyOf?: (key: string) => string;
}

/**
 * An INI file as yum and Python read it: `#` and `;` begin comment lines, an indented line goes on with the value before it (a line break between them), a
 * section that comes again goes on, and of a key that is given twice the last counts. Throws what `invalid` gives.
 */
export function parseIni(text: string, { invalid, keyOf = (key) => key }: IniOptions): IniSections {
  const sections = new Map<string, Map<string, IniEntry>>();
  let section: Map<string, IniEntry> | undefined;
  let last: { value: string; readonly line: number } | undefined;
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  for (const [index, raw] of lines.entries()) {
    const line = raw.trimEnd();
    if (line.trim() === '') {
      last = undefined;
      continue;
    }
    if (/^\s*[#;]/.test(line)) continue;
    if (/^\s/.test(line)) {
      if (last === undefined) throw invalid(index + 1, 'a continuation line without a key before it', line);
      last.value = `${last.value}\n${line.trim()}`;
      continue;
    }
    const heading = /^\[([^\]]+)\]\s*(?:[#;].*)?$/.exec(line)?.[1]?.trim();
    if (heading !== undefined && heading !== '') {
      section = sections.get(heading) ?? new Map();
      sections.set(heading, section);
      last = undefined;
      continue;
    }
    const equals = line.indexOf('=');
    if (equals < 1) throw invalid(index + 1, 'expected [section] or key=value', line);
    if (section === undefined) throw invalid(index + 1, 'a key before the first [section]', line);
    last = { value: line.slice(equals + 1).trim(), line: index + 1 };
    section.set(keyOf(line.slice(0, equals).trim()), last);
  }
  return sections;
}
