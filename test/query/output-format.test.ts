// biome-ignore-all lint/suspicious/noTemplateCurlyInString: formats have fields that look like it
import { describe, expect, it } from 'vitest';
import { isMirrorError } from '../../src/core/errors.ts';
import { type FormatField, parseOutputFormat } from '../../src/query/output-format.ts';

const FIELDS: Readonly<Record<string, string>> = { Package: 'nginx', name: 'nginx', Version: '1.2', 'Installed-Size': '7', Section: 'wéb' };
const read = ({ name, tag }: FormatField): string => (tag && name === 'version' ? '1' : (FIELDS[name] ?? ''));
const render = (format: string): string => parseOutputFormat(format).render(read);

describe('query/output-format', () => {
  it.each([
    ['{{.Package}}', 'nginx\n'],
    ['{{ .Package }} {{.Installed-Size}}', 'nginx 7\n'],
    ['{{index . "Installed-Size"}}', '7\n'],
    ['${Package}', 'nginx\n'],
    ['${Package}\\n', 'nginx\n'],
    ['${Package}\\n\\n', 'nginx\n\n'],
    ['${Package;8}|', '   nginx|\n'],
    ['${Package;-8}|${Section;-5}|', 'nginx   |wéb  |\n'],
    ['${Package;2}', 'nginx\n'],
    ['%{name}', 'nginx\n'],
    ['%-8{name}|%8{name}', 'nginx   |   nginx\n'],
    ['%{version} ${Version}', '1 1.2\n'],
    ['%{name}\\t{{.Version}}\\n', 'nginx\t1.2\n'],
    ['[${Unknown}]', '[]\n'],
    ['100%% $5 {x} %d 5% \\\\ \\$ \\%{name}', '100% $5 {x} %d 5% \\ $ %{name}\n'],
    ['', '\n'],
  ])('prints %j as %j', (format, expected) => {
    expect(render(format)).toBe(expected);
  });

  it('names the fields that it asks for', () => {
    expect(parseOutputFormat('${A} {{.B}} %{A} x').fields.map((field) => field.name)).toEqual(['A', 'B']);
  });

  it.each([
    ['a ${Package', 3],
    ['{{Package}}', 1],
    ['x {{.}}', 3],
    ['%{}', 1],
    ['%-8{name', 1],
    ['é ${a b}', 3],
    ['name\\', 5],
    ['${Package;99999}', 1],
  ])('points at what is wrong in %j', (format, column) => {
    try {
      parseOutputFormat(format);
    } catch (error) {
      if (!isMirrorError(error, 'QUERY_INVALID')) throw error;
      expect(error.message).toContain(`the format is wrong at column ${column}: `);
      expect(error.message).toMatch(/\n {2}.*\n {2} *\^$/);
      return;
    }
    expect.unreachable();
  });
});
