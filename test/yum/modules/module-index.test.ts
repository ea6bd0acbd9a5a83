import { describe, expect, it } from 'vitest';
import { moduleLabel } from '../../../src/yum/modules/candidate-module.ts';
import { indexModules } from '../../../src/yum/modules/module-index.ts';
import { moduleDefaults, modulemd } from '../module-text.ts';

const index = (...texts: readonly string[]) => indexModules(texts.map((text) => ({ bytes: Buffer.from(text), what: 'it' })));
const entry = (name: string, version = '1-1') => ({ name, version, architecture: 'noarch' });

describe('yum/modules/module-index', () => {
  it('knows the modules of a package by its whole label', () => {
    const modules = index(
      modulemd({ artifacts: ['a-1:1-1.noarch'] }) + modulemd({ stream: '1.10', artifacts: ['a-1:1-1.noarch', 'b-0:1-1.noarch'] }),
    );
    expect(modules.of(entry('a', '1:1-1'))?.map(moduleLabel)).toEqual(['m:1:1:c', 'm:1.10:1:c']);
    expect(modules.of(entry('b'))?.map(moduleLabel)).toEqual(['m:1.10:1:c']);
    expect([modules.of(entry('a')), modules.of(entry('c')), index().of(entry('a'))]).toEqual([undefined, undefined, undefined]);
  });

  it('gives packages of the same modules the same list', () => {
    const artifacts = ['a-0:1-1.noarch', 'b-0:1-1.noarch'];
    const modules = index(modulemd({ artifacts }) + modulemd({ version: '2', artifacts }));
    expect(modules.of(entry('a'))).toHaveLength(2);
    expect(modules.of(entry('a'))).toBe(modules.of(entry('b')));
  });

  it('refuses a package that is in very many modules', () => {
    const many = Array.from({ length: 2000 }, (_, version) => modulemd({ version: String(version), artifacts: ['a-0:1-1.noarch'] }));
    expect(() => index(many.join(''))).toThrow(expect.objectContaining({ code: 'METADATA_INVALID' }));
  });

  it('takes the later source for a module and for its default stream', () => {
    const one = modulemd({ artifacts: ['a-0:1-1.noarch'] }) + moduleDefaults('m', '1');
    const other = modulemd({ artifacts: ['b-0:1-1.noarch'] }) + moduleDefaults('m', '2');
    expect(index(one).of(entry('a'))?.[0]?.isDefault).toBe(true);
    const both = index(one, other);
    expect([both.of(entry('a')), both.of(entry('b'))?.[0]?.isDefault]).toEqual([undefined, false]);
  });
});
