import { describe, expect, it } from 'vitest';
import { parseStanzas } from '../../src/apt/format/deb822.ts';
import { readSourceCandidate } from '../../src/apt/source-candidate.ts';

const A = 'a'.repeat(64);
const read = (text: string) => {
  const [stanza] = [...parseStanzas(Buffer.from(text), 'Sources')];
  if (stanza === undefined) throw new Error('there is no stanza');
  return readSourceCandidate(stanza, { mirror: 'test', component: 'main', what: 'Sources' });
};
const source = (directory: string, size = 20): string =>
  `Package: a\nVersion: 1:2-3\nArchitecture: any all\nDirectory: ${directory}\nFiles:\n ${'b'.repeat(32)} 10 a_2-3.dsc\nChecksums-Sha256:\n ${A} 10 a_2-3.dsc\n ${A} ${size} a_2.orig.tar.xz`;

describe('apt/source-candidate', () => {
  it('is the .dsc, with the archives beside it', () => {
    const text = source('pool/main/a/a');
    expect(read(text)).toEqual({
      mirror: 'test',
      component: 'main',
      name: 'a',
      version: '1:2-3',
      architecture: 'source',
      location: 'pool/main/a/a/a_2-3.dsc',
      size: 10,
      checksums: [{ algorithm: 'sha256', value: A }],
      furtherFiles: [{ location: 'pool/main/a/a/a_2.orig.tar.xz', size: 20, checksums: [{ algorithm: 'sha256', value: A }] }],
      stanza: Buffer.from(text),
    });
    expect(read(source('.')).location).toBe('a_2-3.dsc');
  });

  it('refuses a file that is larger than any may be', () => {
    expect(() => read(source('pool', 99_999_999_999_999))).toThrow(/line 1: source package a has "a_2\.orig\.tar\.xz" of 9+ bytes/);
  });
});
