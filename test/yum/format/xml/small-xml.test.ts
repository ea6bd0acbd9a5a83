import { describe, expect, it } from 'vitest';
import { childOf, parseSmallXml } from '../../../../src/yum/format/xml/small-xml.ts';

const parse = (text: string | Buffer) => parseSmallXml(Buffer.from(text), 'the document');

describe('yum/format/xml/small-xml', () => {
  it('reads elements, attributes and text', () => {
    const root = parse('\uFEFF<?xml version="1.0"?>\n<!-- x --><r:a xmlns:r="urn:r" r:k="1 &amp; 2"> t&#65; <b>x</b><b/> u</r:a>');
    expect(root).toMatchObject({ name: 'a', text: 'tA  u' });
    expect(root.attributes.get('k')).toBe('1 & 2');
    expect(root.children.map((child) => child.name)).toEqual(['b', 'b']);
    expect(childOf(root, 'b')?.text).toBe('x');
  });

  it('is not polluted by names that mean something to JavaScript', () => {
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      expect(() => parse(`<a><${name}><polluted>1</polluted></${name}></a>`)).toThrow('not valid XML');
      expect(() => parse(`<a ${name}="1"/>`)).toThrow('not valid XML');
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(parse('<a><hasOwnProperty>y</hasOwnProperty></a>').children[0]?.text).toBe('y');
  });

  const laughs = `<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "${'&a;'.repeat(1000)}">]><a>&b;</a>`;
  it.each([
    [laughs, 'document type'],
    ['<!doctype a><a/>', 'document type'],
    ['<a>&b;</a>', 'not allowed'],
    ['<a>&#x110000;</a>', 'not allowed'],
    ['<a>& b</a>', '&'],
    ['<a>', ''],
    ['<a></b>', ''],
    ['', 'does not begin'],
    ['plain text', 'does not begin'],
    ['<a/><b/>', ''],
    [`${'<a>'.repeat(100)}${'</a>'.repeat(100)}`, 'nested'],
    [Buffer.from('<a>\xe9</a>', 'latin1'), 'UTF-8'],
    [`<a>${'<b/>'.repeat(200_001)}</a>`, 'more than'],
    [`<a ${Array.from({ length: 200_001 }, (_, index) => `a${index}=""`).join(' ')}/>`, 'more than'],
    [`<a>${' '.repeat(9_000_000)}</a>`, 'more than'],
  ])('refuses %.60j', (text, why) => {
    expect(() => parse(text)).toThrow(why);
    expect(() => parse(text)).toThrow('the document is not valid XML');
  });

  it('reads a million references in little time', () => {
    const before = process.cpuUsage();
    expect(parse(`<a>${'&#65;'.repeat(1_000_000)}</a>`).text.length).toBe(1_000_000);
    const { system, user } = process.cpuUsage(before);
    expect((system + user) / 1000).toBeLessThan(3000);
  });
});
