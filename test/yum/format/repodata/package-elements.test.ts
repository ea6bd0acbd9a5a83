import { describe, expect, it } from 'vitest';
import type { DocumentRoot } from '../../../../src/yum/format/repodata/package-documents.ts';
import { packageElements } from '../../../../src/yum/format/repodata/package-elements.ts';

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<metadata xmlns="http://linux.duke.edu/metadata/common" packages="2">\n';
const ONE = '<package type="rpm"><name>one</name><x a="</b>"/></package>'.replace('</b>', '&lt;/b&gt;');
const TWO = "<package type='r>pm'><name>two</name>\n</package >";

async function* inPieces(text: string | Buffer, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function cut(text: string | Buffer, size = 1 << 20, root: DocumentRoot = 'metadata'): Promise<string[]> {
  const found: string[] = [];
  for await (const element of packageElements(inPieces(text, size), root, 'the list')) found.push(element.bytes.toString());
  return found;
}

describe('yum/format/repodata/package-elements', () => {
  it.each([1, 2, 3, 7, 64, 1000])('cuts elements out of a stream in pieces of %d bytes', async (size) => {
    const document = `${HEAD}<!-- a <package> in a comment -->${ONE}\n<other><package/></other><?pi <package>?>${TWO}<package/></metadata>\n<!-- end -->\n`;
    expect(await cut(document, size)).toEqual([ONE, TWO, '<package/>']);
  });

  it('takes a byte order mark, a prefix of the root, and no declaration', async () => {
    expect(await cut(`\uFEFF<metadata>${ONE}</metadata>`)).toEqual([ONE]);
    expect(await cut('<c:metadata xmlns:c="urn:c"><c:package>x</c:package></c:metadata>')).toEqual(['<c:package>x</c:package>']);
    expect(await cut('<metadata packages="0"/>')).toEqual([]);
    expect(await cut('<filelists><package pkgid="1"/></filelists>', 5, 'filelists')).toEqual(['<package pkgid="1"/>']);
  });

  it('cuts an element that is much larger than a piece, without reading it again and again', async () => {
    const large = `<package><file>${'x'.repeat(3_000_000)}</file></package>`;
    const start = performance.now();
    expect((await cut(`<metadata>${large}${ONE}</metadata>`, 16_384)).map((text) => text.length)).toEqual([large.length, ONE.length]);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it.each([
    [`${HEAD}${ONE}`, 'ends early'],
    [`${HEAD}${ONE}<package>`, 'ends early'],
    ['', 'ends early'],
    [`<!DOCTYPE metadata []><metadata></metadata>`, 'document type'],
    [`<metadata><!ENTITY x "y"></metadata>`, 'document type'],
    [`<metadata></metadata><metadata></metadata>`, 'follows its root'],
    [`<metadata></metadata>x`, 'text where none'],
    [`<metadata>x</metadata>`, 'text where none'],
    [`<filelists></filelists>`, 'root element is not <metadata>'],
    [`<html><body>Please log in</body></html>`, 'root element is not <metadata>'],
    [`<?xml version="1.0" encoding="ISO-8859-1"?><metadata/>`, 'ISO-8859-1'],
    [`<metadata></other>`, 'without its start tag'],
    [`not xml`, 'text where none'],
    [`<metadata ${'x'.repeat(100_000)}`, 'ends early'],
  ])('refuses %j', async (document, why) => {
    await expect(cut(document)).rejects.toThrow(why);
    await expect(cut(document, 5)).rejects.toThrow();
  });

  it('refuses an element that never ends before it has taken much memory', async () => {
    const endless = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('<metadata><package>');
      for (;;) yield Buffer.alloc(1 << 20, 'x');
    };
    const read = async (): Promise<void> => {
      for await (const _ of packageElements(endless(), 'metadata', 'the list'));
    };
    await expect(read()).rejects.toThrow('over 16777216 bytes');
  });
});
