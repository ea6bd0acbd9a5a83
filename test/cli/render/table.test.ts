import { describe, expect, it } from 'vitest';
import { formatFields, formatTable } from '../../../src/cli/render/table.ts';

describe('cli/render/table', () => {
  it('aligns columns and leaves no blanks at the end of lines', () => {
    const rows = [
      ['a', '1', 'x'],
      ['longer', '1,234', ''],
    ];
    expect(formatTable([{ title: 'NAME' }, { title: 'N', align: 'right' }, { title: 'LAST' }], rows)).toBe(
      'NAME        N  LAST\na           1  x\nlonger  1,234\n',
    );
  });

  it('lets nothing in a cell rewrite the terminal', () => {
    expect(formatTable([{ title: 'A' }], [['x\x1b[31my\rz\n']])).toBe('A\nxy z\n');
  });

  it('leaves out fields without a value and indents further lines', () => {
    expect(
      formatFields([
        ['One', '1'],
        ['None', undefined],
        ['Longer', '2\n3'],
      ]),
    ).toBe('One:     1\nLonger:  2\n         3\n');
  });
});
