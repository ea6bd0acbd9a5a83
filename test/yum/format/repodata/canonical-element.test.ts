import { describe, expect, it } from 'vitest';
import { checkElement } from '../../../../src/yum/format/repodata/canonical-element.ts';
import { packageElements } from '../../../../src/yum/format/repodata/package-elements.ts';
import { XmlScanner } from '../../../../src/yum/format/xml/xml-scanner.ts';

const COMMON = 'http://linux.duke.edu/metadata/common';
const RPM = 'http://linux.duke.edu/metadata/rpm';

async function canonical(document: string | Buffer): Promise<string[]> {
  const source = (async function* () {
    yield Buffer.from(document);
  })();
  const found: string[] = [];
  for await (const element of packageElements(source, 'metadata', 'the list')) {
    found.push(checkElement(element, new XmlScanner(), 'the list').toString());
  }
  return found;
}

const usual = (content: string): string => `<metadata xmlns="${COMMON}" xmlns:rpm="${RPM}">${content}</metadata>`;

describe('yum/format/repodata/canonical-element', () => {
  it('leaves a usual element as it is, byte for byte', async () => {
    const element = '<package  type="rpm">\n <name>é &amp;</name><rpm:x a=\'1\'/>\t</package>';
    expect(await canonical(usual(element))).toEqual([element]);
  });

  it('drops comments and instructions, and makes text of CDATA', async () => {
    expect(await canonical(usual('<package><!-- <x> --><a>x<![CDATA[<b> & é]]>y</a><?pi <z>?></package>'))).toEqual([
      '<package><a>x&lt;b&gt; &amp; éy</a></package>',
    ]);
  });

  it('takes time in proportion to what is there, whatever is not ended in it', async () => {
    const start = performance.now();
    for (const opening of ['<!--', '<![CDATA[', '<?']) {
      await expect(canonical(usual(`<package>${opening.repeat(400_000)}</package>`))).rejects.toThrow('malformed');
    }
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('gives names the usual prefixes', async () => {
    const document = `<c:metadata xmlns:c="${COMMON}" xmlns:r="${RPM}"><c:package type="rpm"><c:name>x</c:name><r:group r:a="1"/></c:package></c:metadata>`;
    expect(await canonical(document)).toEqual(['<package type="rpm"><name>x</name><rpm:group rpm:a="1"/></package>']);
  });

  it('drops declarations on elements and keeps those of other namespaces with their names', async () => {
    const element = `<package xmlns="${COMMON}" xmlns:r="${RPM}" xmlns:s="urn:a&amp;b"><r:x/><s:eula s:k="1">t</s:eula></package>`;
    expect(await canonical(usual(element))).toEqual(['<package><rpm:x/><s:eula xmlns:s="urn:a&amp;b" s:k="1">t</s:eula></package>']);
  });

  it.each([
    [usual('<package><x:a/></package>'), 'not declared'],
    [usual('<package xmlns="urn:other"/>'), 'unknown namespace'],
    [usual('<package xmlns:rpm="urn:other"><rpm:x/></package>'), 'unknown namespace'],
    [usual('<package xmlns:a="urn:x" xmlns:b="urn:x"><c a:k="" b:k=""/></package>'), 'twice'],
    [usual('<package><!DOCTYPE x></package>'), 'document type'],
    [usual('<rpm:package/>'), 'own namespace'],
    [usual('<package><a></package>'), 'without its start tag'],
    [usual('<package><package></package></package>'), ''],
    [usual('<package><a>\uFFFE</a></package>'), 'character that XML does not have'],
    [Buffer.from(usual('<package><a>\u00e9</a></package>'), 'latin1'), 'not UTF-8'],
  ])('refuses %j', async (document, why) => {
    await expect(canonical(document)).rejects.toThrow(why);
  });
});
