import { describe, expect, it } from 'vitest';
import { parseControlFile } from '../../../src/apt/format/control-file.ts';

const parse = (text: string) => parseControlFile(Buffer.from(text), 'x.deb');
const MINIMAL = 'Package: a\nVersion: 1\nArchitecture: all\n';

describe('apt/format/control-file', () => {
  it('gives what identifies a package, and its stanza as it is', () => {
    const control = parse(`${MINIMAL}Description: x\n y\n`);
    expect(control).toMatchObject({ name: 'a', version: '1', architecture: 'all' });
    expect(control.stanza.bytes.toString()).toBe(`${MINIMAL}Description: x\n y`);
  });

  // test/apt/format/deb-file.test.ts compares with dpkg; these are the messages.
  it.each([
    ['', 'the control file of x.deb is empty'],
    [`${MINIMAL}\nPackage: b\n`, 'has 2 stanzas instead of one'],
    [MINIMAL.trimEnd(), 'does not end with a line break'],
    [`${MINIMAL}PACKAGE: b\n`, 'has the field PACKAGE twice'],
    [`${MINIMAL}Foo: b\n\t \n c\n`, 'has a blank line inside a field'],
    [`${MINIMAL}Status: x\n`, 'has a Status'],
    ['Package: a\n b\nVersion: 1\nArchitecture: all\n', 'states its Package on several lines'],
    ['Package: ../a\nVersion: 1\nArchitecture: all\n', 'has no usable Package: "../a"'],
    ['Package: a\nVersion: 1/2\nArchitecture: all\n', 'has no usable Version: "1/2"'],
    ['Package: a\nVersion: 1\nArchitecture: any amd64\n', 'has no usable Architecture: "any amd64"'],
    ['Package: a\nVersion: 1\n', 'has no usable Architecture: ""'],
    [`${MINIMAL}Depends: b (1\n`, 'the control file of x.deb: its Depends'],
    [`${MINIMAL}Provides: b |\n`, 'the control file of x.deb: its Provides'],
  ])('refuses %j', (text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'METADATA_INVALID', message: expect.stringContaining(message) }));
  });
});
