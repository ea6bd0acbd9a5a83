import { describe, expect, it } from 'vitest';
import { type ListedPackage, packagesText } from '../../../src/apt/format/packages-text.ts';

const piecesOf = (packages: readonly ListedPackage[]): Buffer[] => Array.from(packagesText(packages), (piece) => Buffer.from(piece));
const textOf = (packages: readonly ListedPackage[]): Buffer => Buffer.concat(piecesOf(packages));

const listed = (stanza: string) => ({ stanza: Buffer.from(stanza), filename: 'pool/main/f/foo/föö.deb', size: 42, sha256: 'c'.repeat(64) });

describe('apt/format/packages-text', () => {
  it('replaces the file name where it stands and leaves every other byte', () => {
    const stanza = 'Package: foo\nX-odd:  Kept \n  as it is\nfilename:   ./old.deb\nSize: 42\nSha256: CC\nTag: a::b,\n c::d';
    expect(textOf([listed(stanza)]).toString()).toBe(
      'Package: foo\nX-odd:  Kept \n  as it is\nfilename: pool/main/f/foo/föö.deb\nSize: 42\nSha256: CC\nTag: a::b,\n c::d\n\n',
    );
  });

  it('keeps bytes that are not UTF-8', () => {
    const stanza = Buffer.concat([
      Buffer.from('Package: foo\nMaintainer: J'),
      Buffer.from([0xf8, 0xff]),
      Buffer.from('\nFilename: a\nSize: 1\nSHA256: c'),
    ]);
    const text = textOf([{ ...listed(''), stanza }]);
    expect(text.includes(Buffer.from([0x4a, 0xf8, 0xff, 0x0a]))).toBe(true);
  });

  it('adds what is missing', () => {
    expect(textOf([listed('Package: foo'), listed('Package: b\nFilename: x')]).toString()).toBe(
      `Package: foo\nFilename: pool/main/f/foo/föö.deb\nSize: 42\nSHA256: ${'c'.repeat(64)}\n\nPackage: b\nFilename: pool/main/f/foo/föö.deb\nSize: 42\nSHA256: ${'c'.repeat(64)}\n\n`,
    );
  });

  it('comes in pieces, whatever is in a stanza', () => {
    const packages = Array.from({ length: 500 }, (_, index) =>
      listed(`Package: p${index}\nDescription: ${'long '.repeat(index * 2)}\nFilename: x\nSize: 42\nSHA256: ${'c'.repeat(64)}`),
    );
    packages.push(listed(`Package: large\nDescription: ${'x'.repeat(200_000)}`), listed('Filename: first\nPackage: b'));
    const pieces = piecesOf(packages);
    expect(pieces.length).toBeGreaterThan(5);
    expect(Buffer.concat(pieces).toString()).toBe(packages.map((entry) => textOf([entry]).toString()).join(''));
    expect(pieces.at(-1)?.toString()).toContain('Filename: pool/main/f/foo/föö.deb\nPackage: b\n');
  });

  it('is empty for no packages', () => {
    expect(textOf([])).toHaveLength(0);
  });
});
