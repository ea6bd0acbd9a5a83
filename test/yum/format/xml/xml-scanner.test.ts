import { describe, expect, it } from 'vitest';
import { END_OF_INPUT, END_TAG, START_TAG, TEXT, XmlScanner } from '../../../../src/yum/format/xml/xml-scanner.ts';
import { decodeXml } from '../../../../src/yum/format/xml/xml-text.ts';

/** What the scanner sees, one word for each token. */
function tokensOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const scanner = new XmlScanner();
  scanner.reset(bytes, 0, bytes.length, 'the test');
  const seen: string[] = [];
  for (let token = scanner.next(); token !== END_OF_INPUT; token = scanner.next()) {
    if (token === TEXT) seen.push(`"${decodeXml(bytes, scanner.textStart, scanner.textEnd)}"`);
    else if (token === END_TAG) seen.push(`/${scanner.localName()}`);
    else if (token === START_TAG) {
      const attributes = Array.from(
        { length: scanner.attributeCount },
        (_, index) => ` ${scanner.attributeName(index)}=${decodeXml(bytes, scanner.valueStart(index), scanner.valueEnd(index))}`,
      );
      seen.push(`${scanner.localName()}${attributes.join('')}${scanner.empty ? '/' : ''}`);
    }
  }
  return seen;
}

describe('yum/format/xml/xml-scanner', () => {
  it.each([
    ['<a/>', ['a/']],
    ['<a></a>', ['a', '/a']],
    [' <a >\n<b x="1" y = \'2"3\'/></a > ', ['a', 'b x=1 y=2"3/', '/a']],
    ['<a>x &amp; y &#65;&#x1F600;</a>', ['a', '"x & y A😀"', '/a']],
    ['<rpm:a xml:base="&lt;">]]</rpm:a>', ['a xml:base=<', '"]]"', '/a']],
    ['<a b="x>y]]>z">a>b</a>', ['a b=x>y]]>z', '"a>b"', '/a']],
    ['<a>é\u0085</a>', ['a', '"é\u0085"', '/a']],
  ])('reads %j', (text, tokens) => {
    expect(tokensOf(text)).toEqual(tokens);
  });

  it.each([
    ['<a>', 'ends inside'],
    ['<a></b>', 'without its start tag'],
    ['</a>', 'without its start tag'],
    ['<a></a></a>', 'without its start tag'],
    ['x<a/>', 'outside of any element'],
    ['<a b=1/>', 'without quotes'],
    ['<a b/>', 'without a value'],
    ['<a b="1"c="2"/>', 'without a space'],
    ['<a b="1" b="2"/>', 'twice'],
    ['<a b="<"/>', '"<" or a control'],
    ['<a b="1/>', 'not ended'],
    ['<a', 'not ended'],
    ['<a b="1"', 'not ended'],
    ['<1a/>', 'a name'],
    ['<a:b:c/>', 'prefix'],
    ['<:a/>', 'a name'],
    ['<a:/>', 'prefix'],
    ['< a/>', 'a name'],
    ['<a>&nbsp;</a>', 'not allowed'],
    ['<a>& </a>', 'begins no reference'],
    ['<a>&#0;</a>', 'not allowed'],
    ['<a>&#x110000;</a>', 'not allowed'],
    ['<a>&#xD800;</a>', 'not allowed'],
    ['<a>\u0001</a>', 'control character'],
    ['<a b="\u0000"/>', 'control character'],
    ['<a>]]></a>', ']]>'],
    ['<!DOCTYPE a><a/>', 'document type'],
    ['<a><!-- --></a>', 'comment'],
    ['<a><![CDATA[x]]></a>', 'CDATA'],
    ['<?pi?><a/>', 'processing instruction'],
    [`${'<a>'.repeat(40)}`, 'nested'],
    [`<${'a'.repeat(300)}/>`, 'long'],
    [`<a ${Array.from({ length: 70 }, (_, index) => `a${index}=""`).join(' ')}/>`, 'attributes'],
  ])('refuses %j', (text, why) => {
    expect(() => tokensOf(text)).toThrow(why);
    expect(() => tokensOf(text)).toThrow('the test is malformed');
  });

  it('notices prefixes and declarations that are not the usual ones', () => {
    const isForeign = (text: string): boolean => {
      const scanner = new XmlScanner();
      scanner.reset(Buffer.from(text), 0, Buffer.byteLength(text), 'the test');
      while (scanner.next() !== END_OF_INPUT);
      return scanner.foreign;
    };
    expect(isForeign('<a rpm:x="" xml:lang="en"><rpm:b/></a>')).toBe(false);
    expect(isForeign('<suse:a/>')).toBe(true);
    expect(isForeign('<a x:y=""/>')).toBe(true);
    expect(isForeign('<a xmlns="urn:x"/>')).toBe(true);
    expect(isForeign('<a xmlns:rpm="urn:x"/>')).toBe(true);
  });
});
