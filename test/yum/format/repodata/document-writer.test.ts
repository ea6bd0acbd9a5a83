import { describe, expect, it } from 'vitest';
import { packageDocument, withLocation } from '../../../../src/yum/format/repodata/document-writer.ts';
import { packageElements } from '../../../../src/yum/format/repodata/package-elements.ts';
import { createPrimaryReader } from '../../../../src/yum/format/repodata/primary.ts';

const NAMESPACE = 'http://linux.duke.edu/metadata';

/** What is published of a package whose primary has this in the place of its location; undefined when it is no package. */
async function published(location: string): Promise<string | undefined> {
  const element = `<package type="rpm"><name>a</name><arch>noarch</arch><version epoch="0" ver="1" rel="1"/>
<checksum type="sha256" pkgid="YES">${'a'.repeat(64)}</checksum><size package="3"/>${location}<format/></package>`;
  const source = (async function* () {
    yield Buffer.from(`<metadata xmlns="${NAMESPACE}/common" xmlns:rpm="${NAMESPACE}/rpm">${element}</metadata>`);
  })();
  const read = createPrimaryReader('primary');
  for await (const raw of packageElements(source, 'metadata', 'primary')) {
    const entry = read(raw);
    return entry === undefined ? undefined : withLocation(entry.bytes, 'a&b.rpm').toString().split('<size package="3"/>')[1];
  }
  return undefined;
}

const OURS = '<location href="a&amp;b.rpm"/>';

describe('yum/format/repodata/document-writer', () => {
  it.each([
    ['<location href="x.rpm"/>', OURS],
    ['<location xml:base="http://evil/>" href=\'x.rpm\' />', OURS],
    ['<location\n href="x.rpm"></location >', OURS],
    ['<locations href="y"/><location href="x.rpm"/>', `<locations href="y"/>${OURS}`],
    ['<location.2/><location href="x.rpm"/><location-3/>', `<location.2/>${OURS}<location-3/>`],
    ['<location href="x.rpm"><locations></locations></location>', OURS],
  ])('puts its own location in the place of %j, and nothing else', async (stated, expected) => {
    expect(await published(stated)).toBe(`${expected}<format/></package>`);
  });

  it.each(['<rpm:location href="x.rpm"/>', '<location href="a"/><location href="b"/>', '<a><location href="x.rpm"/></a>', '<location/>'])(
    'refuses a package with %j for its location',
    async (stated) => {
      await expect(published(stated)).rejects.toMatchObject({ code: 'METADATA_INVALID' });
    },
  );

  it('has every element on a line of its own, whatever its size', () => {
    const piece = 256 * 1024;
    const elements = [1, 3, piece - 1, piece, 5, piece + 1, 3 * piece, piece - 200, 2].map((size, index) => Buffer.alloc(size, 97 + index));
    let text = '';
    for (const bytes of packageDocument('otherdata', elements.length, elements)) text += bytes.toString();
    expect(text.split('\n').slice(2, -2)).toEqual(elements.map(String));
    expect(text).toMatch(/packages="9">\n/);
    expect(text.endsWith('\n</otherdata>\n')).toBe(true);
    expect([...packageDocument('otherdata', 0, [])].map(String).join('')).toMatch(/packages="0">\n<\/otherdata>\n$/);
  });
});
