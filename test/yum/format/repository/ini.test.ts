import { describe, expect, it } from 'vitest';
import { parseIni } from '../../../../src/yum/format/repository/ini.ts';

const parse = (text: string, keyOf?: (key: string) => string): Record<string, Record<string, string>> => {
  const sections = parseIni(text, {
    invalid: (line, why) => new Error(`${line}: ${why}`),
    ...(keyOf === undefined ? {} : { keyOf }),
  });
  return Object.fromEntries(
    [...sections].map(([name, section]) => [name, Object.fromEntries([...section].map(([key, { value }]) => [key, value]))]),
  );
};

describe('yum/format/repository/ini', () => {
  it('reads sections, keys, comments and lines that go on', () => {
    expect(parse('\uFEFF# c\r\n[a] ; c\r\nKey = 1=2\r\n  # no\r\n  more\r\n\r\n;x\r\n[b]\nk=\n[a]\nother=x\nKey=last\n')).toEqual({
      a: { Key: 'last', other: 'x' },
      b: { k: '' },
    });
    expect(parse('[a]\nKey=1\n  two\n', (key) => key.toUpperCase())).toEqual({ a: { KEY: '1\ntwo' } });
  });

  it.each([
    ['key=value', '1: a key before'],
    ['[a]\nnonsense', '2: expected'],
    ['[a]\n=x', '2: expected'],
    ['[a]\nk=v\n\n  more', '4: a continuation'],
  ])('refuses %j', (text, why) => {
    expect(() => parse(text)).toThrow(why);
  });
});
