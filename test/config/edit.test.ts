import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { addMirror, addPublication, addRepo, type MirrorInput } from '../../src/config/edit.ts';

const mirror: MirrorInput = { type: 'apt', url: 'http://x/', suite: 's', components: ['main', 'universe'] };
const lines = '  new:\n    type: apt\n    url: http://x/\n    suite: s\n    components: [main, universe]\n';

describe('config/edit', () => {
  it.each<[name: string, before: string, after: string]>([
    ['an empty file', '', `mirrors:\n${lines}`],
    ['a file without the section', '# c\nstorage: x # y', `# c\nstorage: x # y\n\nmirrors:\n${lines}`],
    ['a section of comments', 'mirrors: # all\n  # a: {}\n\n# end\nx: 1\n', `mirrors: # all\n${lines}  # a: {}\n\n# end\nx: 1\n`],
    ['a section in braces without content', 'mirrors: {} # c\nx:   1\n', `mirrors: # c\n${lines}x:   1\n`],
    [
      'a section with mirrors',
      'mirrors:\n  a:   # first\n    type:   apt\n    filter: >-\n      x |\n      y\n\n# groups\ngroups: {g: [a]}\n',
      `mirrors:\n  a:   # first\n    type:   apt\n    filter: >-\n      x |\n      y\n${lines}\n# groups\ngroups: {g: [a]}\n`,
    ],
    [
      'a last line with a comment and no line break',
      'mirrors:\n  a: &x { type: yum } # c',
      `mirrors:\n  a: &x { type: yum } # c\n${lines}`,
    ],
  ])('adds to %s and changes nothing else', (_, before, after) => {
    expect(addMirror(before, 'new', mirror)).toBe(after);
  });

  it('follows the indentation of the section', () => {
    const text = addMirror('mirrors:\n    a:\n        type: yum\n', 'new', mirror);
    expect(text).toContain('\n    new:\n      type: apt\n');
    expect(parse(text)).toEqual({ mirrors: { a: { type: 'yum' }, new: mirror } });
  });

  it('writes a section in braces anew, with its comments', () => {
    const text = addMirror('# top\nmirrors: { a: { type: yum } } # c\n', 'new', mirror);
    expect(parse(text)).toEqual({ mirrors: { a: { type: 'yum' }, new: mirror } });
    expect(text).toContain('# top');
    expect(text).toContain('# c');
  });

  it('writes what is added literally', () => {
    const text = addMirror('', 'new', { ...mirror, filter: `a: "b" #c $\{D}`, username: undefined });
    expect(parse(text).mirrors.new).toEqual({ ...mirror, filter: `a: "b" #c $$\{D}` });
  });

  it('adds publications', () => {
    expect(addPublication('storage: x\n', 'p', { from: ['a', 'b'], merge: 'latest' })).toBe(
      'storage: x\n\npublications:\n  p:\n    from: [a, b]\n    merge: latest\n',
    );
  });

  it('adds repos', () => {
    expect(addRepo('repos: {}\n', 'r', { type: 'apt', keys: ['k.asc'] })).toBe('repos:\n  r:\n    type: apt\n    keys: [k.asc]\n');
  });

  it('leaves a name that is taken', () => {
    expect(() => addMirror('mirrors:\n  new: {}\n', 'new', mirror)).toThrow(expect.objectContaining({ code: 'CONFIG_EXISTS' }));
  });

  it('refuses what is no map', () => {
    expect(() => addMirror('- a\n', 'new', mirror)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => addMirror('a: [\n', 'new', mirror)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
