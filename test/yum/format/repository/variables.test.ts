// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts under test hold the variables of yum
import { describe, expect, it } from 'vitest';
import { expandVariables, unknownVariables } from '../../../../src/yum/format/repository/variables.ts';

describe('yum/format/repository/variables', () => {
  const vars = { releasever: '7', basearch: 'x86_64', a_b: 'AB', empty: '' };

  it.each([
    ['http://h/$releasever/$basearch/', 'http://h/7/x86_64/'],
    ['http://h/${releasever}x/', 'http://h/7x/'],
    ['$a_b-$a_', 'AB-$a_'],
    ['$releasever_', '7_'],
    ['$other/${other}', '$other/${other}'],
    ['${other:-9}/${releasever:-9}/${empty:-z}', '9/7/z'],
    ['${other:+set}/${releasever:+set}', '/set'],
    ['${other:-$releasever}/${other:-${releasever}.${a_b}}/${a_b:+x$basearch}', '7/7.AB/xx86_64'],
    ['${unterminated', '${unterminated'],
    ['100%$ $$releasever', '100%$ $7'],
    ['$constructor', '$constructor'],
  ])('%s becomes %s', (text, expected) => {
    expect(expandVariables(text, vars)).toBe(expected);
  });

  it('names what is left', () => {
    expect(unknownVariables(expandVariables('$x/${y}/$x/$releasever', vars))).toEqual(['x', 'y']);
    expect(unknownVariables('${a:-${b}$c}')).toEqual(['a', 'b', 'c']);
    expect(unknownVariables('http://host/7/')).toEqual([]);
  });
});
