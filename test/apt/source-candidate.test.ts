import { describe, expect, it } from 'vitest';
import { readCandidate } from '../../src/apt/candidate.ts';
import { parseStanzas } from '../../src/apt/format/deb822.ts';
import { readSourceCandidate, sourcesOf } from '../../src/apt/source-candidate.ts';
import { stanza } from './archive.ts';

const A = 'a'.repeat(64);
const read = (text: string) => {
  const [stanza] = [...parseStanzas(Buffer.from(text), 'Sources')];
  if (stanza === undefined) throw new Error('there is no stanza');
  return readSourceCandidate(stanza, { mirror: 'test', component: 'main', what: 'Sources' });
};
const source = (directory: string, size = 20): string =>
  `Package: a\nVersion: 1:2-3\nArchitecture: any all\nDirectory: ${directory}\nFiles:\n ${'b'.repeat(32)} 10 a_2-3.dsc\nChecksums-Sha256:\n ${A} 10 a_2-3.dsc\n ${A} ${size} a_2.orig.tar.xz`;

const binary = (name: string, fields: Readonly<Record<string, string>> = {}) => {
  const [parsed] = [...parseStanzas(Buffer.from(stanza(name, fields)), 'Packages')];
  if (parsed === undefined) throw new Error('there is no stanza');
  return readCandidate(parsed, { mirror: 'test', component: 'main', what: 'Packages' });
};

describe('apt/source-candidate', () => {
  it('finds what binary packages were built from, by the name and version that they state', () => {
    const offered = [
      read(source('pool')),
      read(source('pool').replace('Version: 1:2-3', 'Version: 1:2-4')),
      binary('a', { Version: '1:2-3' }),
    ];
    const versions = (...selected: ReturnType<typeof binary>[]) => sourcesOf(selected, offered).map(({ version }) => version);
    expect(versions(binary('a', { Version: '1:2-3' }))).toEqual(['1:2-3']);
    expect(versions(binary('liba', { Version: '1:2-4', Source: 'a' }))).toEqual(['1:2-4']);
    expect(
      versions(binary('liba', { Version: '9', Source: 'a (1:2-3)' }), binary('a', { Version: '1:2-3+b1', Source: 'a (1:2-3)' })),
    ).toEqual(['1:2-3']);
    expect(versions(binary('a', { Version: '2' }), binary('b', { Version: '1:2-3' }))).toEqual([]);
  });

  it('is the .dsc, with the archives beside it', () => {
    const text = source('pool/main/a/a');
    expect(read(text)).toMatchObject({
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
