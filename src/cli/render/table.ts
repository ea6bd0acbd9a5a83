import { stripVTControlCharacters } from 'node:util';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Rows under headings in columns as wide as they need to be, ending in a line break. Control characters in cells are dropped. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map((column) => column.title), ...rows].map((row) => row.map(clean));
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => (row[index] ?? '').length)));
  const lines = cells.map((row) =>
    columns
      .map((column, index) => {
        const cell = row[index] ?? '';
        return column.align === 'right' ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0);
      })
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** `Label:  value` lines, the values in one column; a value of several lines goes on under its first one. */
export function formatFields(fields: readonly (readonly [label: string, value: string | undefined])[]): string {
  const given = fields.filter((field): field is readonly [string, string] => field[1] !== undefined);
  const width = Math.max(...given.map(([label]) => label.length)) + 1;
  const lines = given.map(([label, value]) => {
    const indent = `\n${' '.repeat(width + 2)}`;
    return `${`${label}:`.padEnd(width)}  ${value.split('\n').map(clean).join(indent)}`;
  });
  return `${lines.join('\n')}\n`;
}

/** In one line, and without what a terminal would take for more than text. */
export function clean(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}/gu, ' ');
}
