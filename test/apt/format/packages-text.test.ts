import { describe, expect, it } from 'vitest';
import { packagesText } from '../../../src/apt/format/packages-text.ts';

const listed = (stanza: string) => ({ stanza: Buffer.from(stanza), filename: 'pool/main/f/foo/föö.deb', size: 42, sha256: 'c'.repeat(64) });

describe('apt/format/packages-text', () => {
  it('replaces the file name where it stands and leaves every other byte', () => {
    const stanza = 'Package: foo\nX-odd:  Kept \n  as it is\nfilename:   ./old.deb\nSize: 42\nSha256: CC\nTag: a::b,\n c::d';
    expect(packagesText([listed(stanza)]).toString()).toBe(
      'Package: foo\nX-odd:  Kept \n  as it is\nfilename: pool/main/f/foo/föö.deb\nSize: 42\nSha256: CC\nTag: a::b,\n c::d\n\n',
    );
  });

  it('keeps bytes that are not UTF-8', () => {
    const stanza = Buffer.concat([
      Buffer.from('Package: foo\nMaintainer: J'),
      Buffer.from([0xf8, 0xff]),
      Buffer.from('\nFilename: a\nSize: 1\nSHA256: c'),
    ]);
    const text = packagesText([{ ...listed(''), stanza }]);
    expect(text.includes(Buffer.from([0x4a, 0xf8, 0xff, 0x0a]))).toBe(true);
  });

  it('adds what is missing', () => {
    expect(packagesText([listed('Package: foo'), listed('Package: b\nFilename: x')]).toString()).toBe(
      `Package: foo\nFilename: pool/main/f/foo/föö.deb\nSize: 42\nSHA256: ${'c'.repeat(64)}\n\nPackage: b\nFilename: pool/main/f/foo/föö.deb\nSize: 42\nSHA256: ${'c'.repeat(64)}\n\n`,
    );
  });

  it('is empty for no packages', () => {
    expect(packagesText([])).toHaveLength(0);
  });
});
