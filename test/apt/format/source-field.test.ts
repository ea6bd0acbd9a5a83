import { describe, expect, it } from 'vitest';
import { parseSourceField } from '../../../src/apt/format/source-field.ts';

describe('apt/format/source-field', () => {
  it.each([
    ['glibc', 'glibc', undefined],
    ['glibc (2.36-9)', 'glibc', '2.36-9'],
    ['glibc(2.36-9)', 'glibc', '2.36-9'],
    [' glibc  ( 1:2 ) ', 'glibc', '1:2'],
    ['glibc ()', 'glibc', undefined],
    ['glibc (2', 'glibc', undefined],
    ['../x', '../x', undefined],
  ])('reads %j', (value, name, version) => expect(parseSourceField(value)).toEqual({ name, version }));

  it.each([undefined, '', ' ', '(1)'])('finds nothing in %j', (value) => expect(parseSourceField(value)).toBeUndefined());
});
