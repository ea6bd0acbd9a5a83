import { describe, expect, it } from 'vitest';
import { allowsStream, combineModules, compareModuleVersions } from '../../../../src/yum/format/repodata/modules.ts';
import { type GivenModule, moduleDefaults, moduleObsoletes, modulemd as namedModule } from '../../module-text.ts';
import { EVERYTHING, published, written } from './further-documents.ts';

const modulemd = ({ artifacts = [], ...given }: GivenModule): string =>
  namedModule({ ...given, artifacts: artifacts.map((name) => `${name}-0:1-1.noarch`) });

const combine = (documents: readonly string[], ...names: readonly string[]) => {
  const sources = documents.map((text, index) => written(text, `source ${index + 1}`));
  const { bytes, warnings } = combineModules(sources, published(...names.map((name) => `${name}-1-1.noarch`)));
  return { text: bytes?.toString(), warnings };
};

describe('yum/format/repodata/modules', () => {
  it('keeps modules of which a package is published, byte for byte, with what is said of them', () => {
    const kept = [modulemd({ artifacts: ['a', 'b'] }), moduleDefaults('m', '2'), moduleObsoletes('m', '1')];
    const gone = [
      modulemd({ stream: '2', artifacts: ['c'] }),
      modulemd({ name: 'n', artifacts: ['d'] }),
      moduleDefaults('n', '1'),
      moduleObsoletes('m', '2'),
    ];
    const { text, warnings } = combine([[kept[0], ...gone, kept[1], kept[2]].join('')], 'b');
    expect(text).toBe(kept.join(''));
    expect(warnings).toEqual([]);
    expect(combine([gone.join('')], 'b').text).toBeUndefined();
    expect(combine([moduleDefaults('m', '1')], 'b').text).toBeUndefined();
  });

  it('goes by the epoch', () => {
    const text = modulemd({ artifacts: ['a'] });
    expect(combineModules([written(text)], published('a-1:1-1.noarch')).bytes).toBeUndefined();
    expect(combineModules([written(text.replace('a-0:', 'a-1:'))], published('a-1:1-1.noarch')).bytes).toBeDefined();
  });

  it('keeps what published modules require, in the newest version, where nothing that would do is there', () => {
    const needs = modulemd({ requires: '{perl: [5.24, 5.26], platform: [el8]}', artifacts: ['a'] });
    const perl = (stream: string, version: string): string =>
      modulemd({ name: 'perl', stream, version, artifacts: [`perl${stream}`], requires: '{lib: []}' });
    const lib = modulemd({ name: 'lib', artifacts: ['lib'] });
    const all = [needs, perl('5.24', '9'), perl('5.24', '10'), perl('5.26', '1'), perl('5.30', '1'), lib].join('');
    expect(combine([all], 'a').text).toBe([needs, perl('5.24', '10'), perl('5.26', '1'), lib].join(''));
    expect(combine([all], 'a', 'perl5.26').text).toBe([needs, perl('5.26', '1'), lib].join(''));
  });

  it('keeps modules without packages beside others of their name, and where nothing is left out', () => {
    const empty = modulemd({ name: 'empty' });
    const [one, other] = [modulemd({ artifacts: ['a'] }), modulemd({ stream: '2', artifacts: ['b'] })];
    expect(combine([one + other + empty], 'a').text).toBe(one);
    expect(combine([one + other + empty], 'a', 'b').text).toBe(one + other + empty);
    const same = modulemd({ stream: 'empty' });
    expect(combine([one + other + same], 'a').text).toBe(one + same);
  });

  it('takes the later of two sources, and says where they differ', () => {
    const [one, two] = [modulemd({ artifacts: ['a'] }), modulemd({ artifacts: ['a', 'b'] })];
    expect(combine([one + moduleDefaults('m', '1'), one + moduleDefaults('m', '1')], 'a')).toEqual({
      text: one + moduleDefaults('m', '1'),
      warnings: [],
    });
    const { text, warnings } = combine([one + moduleDefaults('m', '1'), two + moduleDefaults('m', '2')], 'a');
    expect(text).toBe(two + moduleDefaults('m', '2'));
    expect(warnings).toEqual([
      'source 1 and source 2 disagree about the module m:1; those of source 2 are published.',
      'source 1 and source 2 disagree about the defaults of the module m; those of source 2 are published.',
    ]);
    const contexts = modulemd({ context: 'd', artifacts: ['a'] });
    expect(combine([one, contexts], 'a')).toEqual({ text: one + contexts, warnings: [] });
  });

  it('keeps streams as they are written', () => {
    const [short, long] = [modulemd({ stream: '1.1', artifacts: ['a'] }), modulemd({ stream: '1.10', artifacts: ['b'] })];
    expect(combine([short, long], 'a', 'b').text).toBe(short + long);
    expect(
      combineModules([written(long.replace('\n...\n', ''))], EVERYTHING)
        .bytes?.toString()
        .endsWith('\n'),
    ).toBe(true);
  });

  it.each([
    [[], '1', true],
    [['1', '2'], '1', true],
    [['2'], '1', false],
    [['-1'], '1', false],
    [['-2'], '1', true],
  ])('knows whether %j allows stream %s: %s', (streams, stream, expected) => {
    expect(allowsStream(streams, stream)).toBe(expected);
  });

  it('compares versions as numbers', () => {
    expect(['9', '10', '020180816142114', '3', '20180816142113'].toSorted(compareModuleVersions)).toEqual([
      ...['3', '9', '10', '20180816142113', '020180816142114'],
    ]);
  });
});
