import { describe, expect, it } from 'vitest';
import { parseStanzas } from '../../../src/apt/format/deb822.ts';
import { readSourceStanza } from '../../../src/apt/format/sources-index.ts';

const SHA256 = 'b'.repeat(64);
const FILES = `Checksums-Sha256:\n ${SHA256} 3 a_1.dsc\n ${SHA256} 4 a_1.tar.gz\n`;
const HEAD = 'Package: a\nVersion: 1\nDirectory: pool/a\n';

function read(text: string) {
  const [stanza] = [...parseStanzas(Buffer.from(text), 'Sources')];
  if (stanza === undefined) throw new Error('there is no stanza');
  return readSourceStanza(stanza, 'Sources');
}

describe('apt/format/sources-index', () => {
  it('gives the .dsc apart from the other files', () => {
    const source = read(`${HEAD}Binary: a, a-doc,\n a-dev\nArchitecture: any all\n${FILES}`);
    expect(source).toMatchObject({
      name: 'a',
      version: '1',
      directory: 'pool/a',
      binaries: ['a', 'a-doc', 'a-dev'],
      architectures: ['any', 'all'],
    });
    expect(source.dsc).toEqual({ name: 'a_1.dsc', size: 3, checksums: [{ algorithm: 'sha256', value: SHA256 }] });
    expect(source.files.map((file) => file.name)).toEqual(['a_1.tar.gz']);
  });

  it.each(['.', './', ''])('takes the Directory %j for the root', (directory) => {
    expect(read(`Package: a\nVersion: 1\nDirectory: ${directory}\n${FILES}`).directory).toBe('');
  });

  it.each([
    [`Version: 1\nDirectory: x\n${FILES}`, 'METADATA_INVALID', 'has no usable name'],
    [`Package: a\nDirectory: x\n${FILES}`, 'METADATA_INVALID', 'has no usable Version'],
    [`Package: a\nVersion: 1\n${FILES}`, 'METADATA_INVALID', 'has no Directory'],
    [`${HEAD}Version: 2\n${FILES}`, 'METADATA_INVALID', 'states its Version twice'],
    [`Package: a\nVersion: 1\nDirectory: ../x\n${FILES}`, 'PATH_UNSAFE', 'leads out of'],
    [`Package: a\nVersion: 1\nDirectory: /\n${FILES}`, 'PATH_UNSAFE', 'is absolute'],
    [HEAD, 'METADATA_INVALID', 'lists no files'],
    [`${HEAD}Files:\n ${'a'.repeat(32)} 3 a_1.dsc\n`, 'METADATA_INVALID', 'too weak to be trusted'],
    [`${HEAD}Checksums-Sha256:\n ${SHA256} 3 a_1.tar.gz\n`, 'METADATA_INVALID', 'has no .dsc'],
    [`${HEAD}${FILES} ${SHA256} 3 b_1.dsc\n`, 'METADATA_INVALID', 'has two .dsc'],
  ])('refuses %j', (text, code, message) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });
});
