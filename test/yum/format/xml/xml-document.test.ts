import { describe, expect, it } from 'vitest';
import { childNamed, edited, insertAt, leaveOut, readXmlDocument, writeXmlDocument } from '../../../../src/yum/format/xml/xml-document.ts';
import { written } from '../repodata/further-documents.ts';

const read = (text: string) => readXmlDocument(written(text), 'root');
const textOf = (pieces: readonly Buffer[]): string => Buffer.concat(pieces).toString();

describe('yum/format/xml/xml-document', () => {
  const text = `\uFEFF<?xml version="1.0" encoding="utf-8"?><!-- a --><!DOCTYPE root PUBLIC "-//A//B>" 'x.dtd'>
<root a="1" b='"&amp;'><!-- <one> -->
  <one k="&lt;v"><?do it?><x> t&#65; </x><y/></one>
  <p:two><![CDATA[ a <b> & ]] ]]></p:two>
</root><!-- end -->
`;

  it('finds the elements of a document with comments, instructions, CDATA and a bare document type', () => {
    const document = read(text);
    expect(document.elements.map(({ name, start, end }) => [name, document.bytes.toString('utf8', start, end)])).toEqual([
      ['one', '<one k="&lt;v"><?do it?><x> t&#65; </x><y/></one>'],
      ['two', '<p:two><![CDATA[ a <b> & ]] ]]></p:two>'],
    ]);
    const [one, two] = document.elements.map((region) => document.read(region));
    expect(one?.attributes.get('k')).toBe('<v');
    expect(one?.children.map(({ name }) => name)).toEqual(['x', 'y']);
    const x = one === undefined ? undefined : childNamed(one, 'x');
    expect(x === undefined ? undefined : document.text(x)).toBe('tA');
    expect(two === undefined ? undefined : document.text(two)).toBe('a ?b> ? ??');
  });

  it('edits regions and leaves the rest byte for byte', () => {
    const document = read('<root>\n  <a>\n    <b/>\n    <c>x</c>\n    <b/>\n  </a></root>');
    const [region] = document.elements;
    if (region === undefined) throw new Error('no element');
    const node = document.read(region);
    const cuts = node.children.filter(({ name }) => name === 'b').map((child) => leaveOut(document, child));
    expect(textOf(edited(document, node, cuts))).toBe('<a>\n    <c>x</c>\n  </a>');
    const inserted = edited(document, node, [...cuts.toReversed(), insertAt(node.contentEnd, [Buffer.from('!')])]);
    expect(textOf(inserted)).toBe('<a>\n    <c>x</c>\n  !</a>');
    expect(textOf(edited(document, node, []))).toBe(document.bytes.toString('utf8', node.start, node.end));
  });

  it('writes a document with what the roots declare', () => {
    const documents = [read('<root xmlns:a="urn:a" v=\'"\'/>'), read('<root v="2"/>')];
    expect(writeXmlDocument('root', documents, { elements: [[Buffer.from('<a:b/>')]] }).toString()).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<root xmlns:a="urn:a" v="2">\n  <a:b/>\n</root>\n',
    );
  });

  it.each([
    ['<!DOCTYPE root [<!ENTITY a "b">]><root>&a;</root>', 'declares something'],
    ['<!DOCTYPE root SYSTEM "a" [<!ENTITY % a SYSTEM "file:///etc/passwd">%a;]><root/>', 'declares something'],
    ['<!DOCTYPE root><!DOCTYPE root><root/>', 'two document types'],
    ['<!DOCTYPE root', 'not ended'],
    ['<!ENTITY a "b"><root/>', 'declaration'],
    ['<root><!DOCTYPE root></root>', 'declaration'],
    ['<root><!ENTITY a "b"></root>', 'declaration'],
    ['<root><?xml version="1.0"?></root>', 'declaration'],
    ['<root>&a;</root>', 'not allowed'],
    ['<root><!-- a -- b --></root>', '"--"'],
    ['<root><!-- a', 'not ended'],
    ['<root><![CDATA[ a ]]', 'not ended'],
    ['<root><!-- \u0001 --></root>', 'control character'],
    ['<root>\u0001</root>', 'control character'],
    ['<root><a></root>', 'end tag'],
    ['<root/><root/>', 'follows'],
    ['<root>', 'ends inside'],
    ['', 'root element'],
    ['<other/>', 'root element'],
    ['<?xml version="1.0" encoding="iso-8859-1"?><root/>', 'iso-8859-1'],
    [`<root>${'<a>'.repeat(100)}`, 'nested'],
  ])('refuses %j', (bad, why) => {
    expect(() => read(bad)).toThrow(expect.objectContaining({ code: 'METADATA_INVALID', message: expect.stringContaining(why) }));
  });

  it('refuses what would take very much memory', () => {
    expect(() => read(`<root>${'<a/>'.repeat(200_001)}</root>`)).toThrow('has over 200000 elements');
    const document = read(`<root><small><a/></small><large>${'<a/>'.repeat(4_200_000)}</large></root>`);
    const [small, large] = document.elements;
    if (small === undefined || large === undefined) throw new Error('both elements are found');
    expect(document.read(small).children).toHaveLength(1);
    expect(() => document.read(large)).toThrow('<large> at byte 25 is 16800015 bytes long');
  });

  it('refuses what is not UTF-8', () => {
    expect(() => readXmlDocument({ bytes: Buffer.from('<root>\xe4</root>', 'latin1'), what: 'it' }, 'root')).toThrow('UTF-8');
  });
});
