import { describe, expect, it } from 'vitest';
import { parseProvides, parseRelations } from '../../../src/apt/format/relations.ts';

const parse = (text: string) => parseRelations(text, 'the Depends of a');

describe('apt/format/relations', () => {
  it('reads groups, alternatives and versions, with and without blanks', () => {
    expect(parse('libc6 (>= 2.34), debconf(>=0.5)|debconf-2.0 , python3:any (<<3.12~),')).toEqual([
      { text: 'libc6 (>= 2.34)', alternatives: [{ name: 'libc6', relation: '>=', version: '2.34' }] },
      { text: 'debconf(>=0.5)|debconf-2.0', alternatives: [{ name: 'debconf', relation: '>=', version: '0.5' }, { name: 'debconf-2.0' }] },
      { text: 'python3:any (<<3.12~)', alternatives: [{ name: 'python3', qualifier: 'any', relation: '<<', version: '3.12~' }] },
    ]);
  });

  it('reads a field that is folded over lines, and one that is empty', () => {
    expect(parse('a,\n b\n (= 1:2-3),\n c').map((group) => group.text)).toEqual(['a', 'b (= 1:2-3)', 'c']);
    expect(parse('')).toEqual([]);
    expect(parse(' , ,')).toEqual([]);
  });

  it('takes the deprecated < and > for what they mean', () => {
    expect(parse('a (< 1), b (> 1)').map((group) => group.alternatives[0]?.relation)).toEqual(['<=', '>=']);
  });

  it('reads architectures and profiles of source relations', () => {
    const [group] = parse('gcc:native (>= 9) [amd64 !i386 linux-any] <!nocheck> <stage1 cross>');
    expect(group?.alternatives[0]).toEqual({
      name: 'gcc',
      qualifier: 'native',
      relation: '>=',
      version: '9',
      architectures: ['amd64', '!i386', 'linux-any'],
      profiles: [['!nocheck'], ['stage1', 'cross']],
    });
  });

  it.each(['a (>= 1', 'a (1)', 'a (>= )', 'a b', 'a | | b', '(>= 1)', 'a (== 1)', 'a [amd64', 'a <x', 'a:'])('refuses "%s"', (text) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'METADATA_INVALID', message: expect.stringContaining('Depends of a') }),
    );
  });

  it('does not take long for a long line of nonsense', () => {
    const started = performance.now();
    expect(() => parse(`a ${'<x> '.repeat(20_000)}!`)).toThrow();
    expect(() => parse(`a${' '.repeat(50_000)}(`)).toThrow();
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('leaves out what cannot be provided', () => {
    expect(parseProvides('mail-transport-agent, libfoo1 (= 1.2), bad (>= 3), x:amd64 (= 1)', 'it')).toEqual([
      { name: 'mail-transport-agent' },
      { name: 'libfoo1', version: '1.2' },
      { name: 'x', qualifier: 'amd64', version: '1' },
    ]);
  });
});
