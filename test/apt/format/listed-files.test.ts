import { describe, expect, it } from 'vitest';
import { isStrong, parseListedFiles } from '../../../src/apt/format/listed-files.ts';
import { Stanza } from '../../../src/apt/format/stanza.ts';

const MD5 = 'a'.repeat(32);
const SHA256 = 'b'.repeat(64);
const parse = (text: string) => parseListedFiles(new Stanza(Buffer.from(text), 1), 'x.dsc');

describe('apt/format/listed-files', () => {
  it('joins what the fields say of each file', () => {
    const files = parse(
      `Files:\n ${MD5} 3 a_1.tar.gz\n ${MD5.toUpperCase()} 4 misc optional b_1%3a2+x~.deb\nChecksums-Sha256:\n ${SHA256}   3\ta_1.tar.gz`,
    );
    expect(files).toEqual([
      {
        name: 'a_1.tar.gz',
        size: 3,
        checksums: [
          { algorithm: 'md5', value: MD5 },
          { algorithm: 'sha256', value: SHA256 },
        ],
      },
      { name: 'b_1%3a2+x~.deb', size: 4, checksums: [{ algorithm: 'md5', value: MD5 }] },
    ]);
    expect(files.map(isStrong)).toEqual([true, false]);
  });

  it.each([
    ['', 'METADATA_INVALID', 'lists no files'],
    ['Files:', 'METADATA_INVALID', 'lists no files'],
    [`Files:\n ${MD5} 3`, 'METADATA_INVALID', 'which is not "checksum size name"'],
    [`Files:\n ${MD5} -3 a`, 'METADATA_INVALID', 'which is not "checksum size name"'],
    [`Files:\n ${SHA256} 3 a`, 'METADATA_INVALID', 'which is not "checksum size name"'],
    [`Files:\n ${MD5} 3 a\n ${MD5} 3 a`, 'METADATA_INVALID', 'lists "a" twice'],
    [`Files:\n ${MD5} 3 a\nChecksums-Sha256:\n ${SHA256} 4 a`, 'METADATA_INVALID', 'with two sizes'],
    [`Files:\n ${MD5} 3 ../a`, 'PATH_UNSAFE', 'not a bare file name'],
    [`Files:\n ${MD5} 3 a/b`, 'PATH_UNSAFE', 'not a bare file name'],
    [`Files:\n ${MD5} 3 a\\b`, 'PATH_UNSAFE', 'not a bare file name'],
    [`Files:\n ${MD5} 3 .a`, 'PATH_UNSAFE', 'not a bare file name'],
    [`Files:\n ${MD5} 3 ..`, 'PATH_UNSAFE', 'not a bare file name'],
    [`Files:\n ${MD5} 3 ${'a'.repeat(256)}`, 'PATH_UNSAFE', 'not a bare file name'],
    [
      `Files:${Array.from({ length: 10_001 }, (_, index) => `\n ${MD5} 3 a${index}`).join('')}`,
      'METADATA_INVALID',
      'more than 10000 files',
    ],
  ])('refuses %j', (text, code, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });
});
