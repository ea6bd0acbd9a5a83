import { describe, expect, it } from 'vitest';
import { readModules } from '../../../../src/yum/format/repodata/modulemd.ts';
import { describeWithTools } from '../../../support/requirements.ts';
import { sharedDocument, written } from './further-documents.ts';

const read = (text: string) => readModules(written(text));
const first = (text: string) => {
  const [document] = read(text);
  if (document === undefined) throw new Error('no document');
  return document;
};

describe('yum/format/repodata/modulemd', () => {
  it('reads streams and versions as they are written', () => {
    for (const [stream, expected] of [
      ['1.10', '1.10'],
      ['"1.10"', '1.10'],
      ['yes', 'yes'],
      ['0x10', '0x10'],
      ['5 # five', '5'],
    ]) {
      expect(first(`document: modulemd\ndata:\n  name: a\n  stream: ${stream}\n  version: 20180816142114\n`)).toMatchObject({
        kind: 'modulemd',
        name: 'a',
        stream: expected,
        version: '20180816142114',
      });
    }
  });

  it('keeps the text of each document, and leaves out what is between', () => {
    const one = '---\ndocument: modulemd\ndata: {name: a, stream: 1}\n...\n';
    const two = '--- # two\r\ndocument: modulemd-defaults\r\ndata:\r\n  module: a\r\n  stream: "2"\r\n';
    const text = `# comment\n%YAML 1.2\n${one}# between\n\n---\n...\n---\n# nothing\n${two}`;
    expect(read(`\uFEFF${text}`).map((document) => document.text)).toEqual([one, two]);
    expect(read(text).map(({ kind, name, stream }) => [kind, name, stream])).toEqual([
      ['modulemd', 'a', '1'],
      ['modulemd-defaults', 'a', '2'],
    ]);
    expect(first('document: modulemd\ndata: {name: a}').text).toBe('---\ndocument: modulemd\ndata: {name: a}');
    expect(read('')).toEqual([]);
  });

  it('is not misled by what stands in block scalars', () => {
    const document = first(`---
document: modulemd
data:
  name: a
  stream: 1
  description: |
    artifacts:
      rpms:
      - wrong-0:1-1.noarch
     name: wrong
    ---
  # name: wrong
  quoted: 'text

'
  xmd: {name: wrong,
    stream: 2}
  artifacts:
    rpms:
    - right-0:1-1.noarch
`);
    expect(document).toMatchObject({ name: 'a', stream: '1', artifacts: ['right-0:1-1.noarch'] });
  });

  it.each([
    ['    rpms:\n    - a-1:1-1.x86_64\n    - b-2-2.noarch\n', ['a-1:1-1.x86_64', 'b-0:2-2.noarch']],
    ['    rpms: [a-1:1-1.x86_64, "b-0:2-2.noarch"]\n', ['a-1:1-1.x86_64', 'b-0:2-2.noarch']],
    ['    rpms:\n    - "a-1:1-1.x86_64" # comment\n', ['a-1:1-1.x86_64']],
    ['    rpms:\n    - a-0:1^2~3-1.module+el8.1+2.x86_64\n\n', ['a-0:1^2~3-1.module+el8.1+2.x86_64']],
    ['    rpm-map: {}\n    rpms:\n    - a-0:1-1.x86_64\n', ['a-0:1-1.x86_64']],
    ['    rpms: []\n', []],
  ])('reads the packages of %j', (artifacts, expected) => {
    const text = `---\ndocument: modulemd\nversion: 2\ndata:\n  name: a\n  artifacts:\n${artifacts}`;
    expect(first(text).artifacts).toEqual(expected);
    expect(first(`${text}  stream: 1\n`)).toMatchObject({ artifacts: expected, stream: '1' });
  });

  it('reads what modules require in both versions', () => {
    const requires = (text: string) =>
      first(`document: modulemd\ndata:\n  name: a\n  dependencies:\n${text}`).requires.map((map) => [...map]);
    expect(requires('  - requires: {b: [1, -2], platform: []}\n  - buildrequires: {c: []}\n')).toEqual([
      [
        ['b', ['1', '-2']],
        ['platform', []],
      ],
      [],
    ]);
    expect(requires('    buildrequires: {c: x}\n    requires:\n      b: 1.10\n')).toEqual([[['b', ['1.10']]]]);
  });

  it.each([
    ['document: modulemd\ndata: {name: [', 'document 1'],
    ['document: modulemd\ndata: {stream: 1}', 'without a name'],
    ['data: {name: a}', 'does not say what it is'],
    ['just text', 'does not say'],
    ['a: &a [x]\ndocument: *a\n', 'document 1'],
    [`document: modulemd\ndata: ${'['.repeat(20_000)}`, 'document 1'],
    [`document: modulemd\ndata:\n  name: ${'a'.repeat(5_000_000)}`, 'bytes long'],
    [`document: modulemd\ndata: ${'['.repeat(300_000)}`, 'without what is not read'],
    ['---\ndocument: modulemd\ndata: {name: a}\n...\nmore\n', 'follows'],
  ])('refuses %.60j', (text, why) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'METADATA_INVALID', message: expect.stringContaining(why) }));
  });

  it('does not expand aliases', () => {
    const levels = Array.from({ length: 9 }, (_, level) => `  l${level + 1}: &l${level + 1} [${`*l${level}, `.repeat(9)}]`).join('\n');
    const bomb = `document: modulemd\ndata:\n  l0: &l0 [x]\n${levels}\n  name: a\n  dependencies: *l9\n`;
    expect(() => read(bomb)).toThrow(expect.objectContaining({ code: 'METADATA_INVALID' }));
    const inside = 'document: modulemd\ndata:\n  name: a\n  dependencies: &d [requires: &r {b: [1]}, *r, *r]\n';
    expect(() => read(inside)).toThrow(expect.objectContaining({ code: 'METADATA_INVALID' }));
  });

  it('reads lists of very many packages', () => {
    const packages = Array.from({ length: 100_000 }, (_, index) => `    - p${index}-0:1-1.noarch\n`).join('');
    expect(first(`document: modulemd\ndata:\n  name: a\n  artifacts:\n    rpms:\n${packages}`).artifacts).toHaveLength(100_000);
  });
});

describeWithTools(['shared data'], 'yum/format/repodata/modulemd and real files', () => {
  it.each([
    ['modular/modules.yaml', 21],
    ['zoo/modules.yaml', 13],
    [
      'createrepo_c/repo_with_additional_metadata/repodata/4fbad65c641f4f8fb3cec9b1672fcec2357443e1ea6e93541a0bb559c7dc9238-modules.yaml.gz',
      81,
    ],
  ])('takes %s apart', (path, count) => {
    const documents = readModules(sharedDocument(path));
    expect(documents).toHaveLength(count);
    expect(documents.map(({ text }) => text).join('')).toBe(sharedDocument(path).bytes.toString());
  });
});
