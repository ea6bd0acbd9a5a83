import { describe, expect, it } from 'vitest';
import { fieldOf, findField, pickFields, Stanza } from '../../../src/apt/format/stanza.ts';

const parse = (text: string): Stanza[] => [new Stanza(Buffer.from(text), 1)];
const repeated = (field: string) => new Error(`twice ${field}`);

describe('apt/format/stanza', () => {
  it('looks fields up whatever their case, the first of a repeated one, and not inside of continuation lines', () => {
    const [stanza] = parse('Description: short\n Tag: inner\nTAG: a::b,\n c::d \nMulti-Arch:same\nTag: second\nEmpty:\nSha256: é');
    expect(stanza?.get('tag')).toBe('a::b,\n c::d');
    expect(stanza?.get('multi-arch')).toBe('same');
    expect(stanza?.get('description')).toBe('short\n Tag: inner');
    expect(stanza?.get('Empty')).toBe('');
    expect(stanza?.get('Descriptio')).toBeUndefined();
    expect(stanza?.get('escription')).toBeUndefined();
    expect(stanza?.get('SHA256')).toBe('é');
    expect([...(stanza?.fields() ?? [])].map(([name]) => name)).toEqual(['Description', 'TAG', 'Multi-Arch', 'Tag', 'Empty', 'Sha256']);
  });

  it('finds where a field is, with its continuation lines', () => {
    const bytes = Buffer.from('A: 1\nTag: x,\n y\nB: 2');
    expect(findField(bytes, 'tag')).toEqual({ start: 5, colon: 8, end: 15 });
    expect(findField(bytes, 'b')).toEqual({ start: 16, colon: 17, end: 20 });
    expect(findField(bytes, 'c')).toBeUndefined();
    expect(fieldOf(Buffer.alloc(0), 'a')).toBeUndefined();
  });

  it('picks several fields in one pass, and notices one that is there twice', () => {
    const bytes = Buffer.from('Package: a\nSize: 5\nDescription: x\n Size: 6\nsha256:  f \n');
    expect(pickFields(bytes, ['SHA256', 'Package', 'Nothing', 'Size'], repeated)).toEqual(['f', 'a', undefined, '5']);
    expect(() => pickFields(Buffer.from('Size: 1\nsize: 2'), ['Size'], repeated)).toThrow('twice Size');
    expect(pickFields(Buffer.from('Size: 1\nTag: 2\nTag: 3'), ['Size'], repeated)).toEqual(['1']);
  });
});
