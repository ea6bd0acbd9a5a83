import { describe, expect, it } from 'vitest';
import { parseRelease } from '../../../src/apt/format/release.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(128);
const parse = (text: string) => parseRelease(Buffer.from(text), 'Release');

describe('apt/format/release', () => {
  it('reads the fields and the files of a Release', () => {
    const release = parse(
      [
        'Origin: Debian',
        'Label: Debian-Security',
        'Suite: stable-security',
        'Version: 12',
        'Codename: bookworm-security',
        'Date: Sat, 08 Jun 2024 09:12:01 UTC',
        'Valid-Until: Sat, 15 Jun 2024 09:12:01 UTC',
        'Acquire-By-Hash: yes',
        'No-Support-for-Architecture-all: Packages',
        'Architectures: all amd64 arm64',
        'Components: main updates/contrib main',
        `Signed-By: ${'a1'.repeat(20)}!, 0x${'B2'.repeat(20)} nonsense`,
        'MD5Sum:',
        ' d41d8cd98f00b204e9800998ecf8427e 0 main/only-md5',
        'SHA256:',
        ` ${A}     1234 ./main/binary-amd64/Packages`,
        ` ${A.toUpperCase()} 5 name with blanks`,
        'SHA512:',
        ` ${B} 1234 main/binary-amd64/Packages`,
        '',
      ].join('\n'),
    );
    expect(release).toMatchObject({
      origin: 'Debian',
      label: 'Debian-Security',
      suite: 'stable-security',
      codename: 'bookworm-security',
      version: '12',
      date: Date.UTC(2024, 5, 8, 9, 12, 1),
      validUntil: Date.UTC(2024, 5, 15, 9, 12, 1),
      acquireByHash: true,
      allInEachIndex: true,
      architectures: ['all', 'amd64', 'arm64'],
      components: ['main', 'updates/contrib'],
      signedBy: [`${'A1'.repeat(20)}!`, 'B2'.repeat(20)],
    });
    expect([...release.files]).toEqual([
      [
        'main/binary-amd64/Packages',
        {
          size: 1234,
          checksums: [
            { algorithm: 'sha256', value: A },
            { algorithm: 'sha512', value: B },
          ],
        },
      ],
      ['name with blanks', { size: 5, checksums: [{ algorithm: 'sha256', value: A }] }],
    ]);
  });

  it('takes one with no more than checksums', () => {
    expect(parse(`SHA256:\n ${A} 1 Packages\n`)).toMatchObject({
      date: undefined,
      validUntil: undefined,
      components: [],
      architectures: [],
      acquireByHash: false,
      allInEachIndex: true,
    });
  });

  it('takes one that lists no files at all', () => {
    const release = parse('Suite: x\n');
    expect([release.files.size, release.signedBy]).toEqual([0, undefined]);
  });

  it.each([
    ['nothing', '\n\n', 'METADATA_INVALID', /is empty/],
    [
      'weak checksums only',
      'MD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 0 x\nSHA1:\n',
      'METADATA_INVALID',
      /only MD5Sum and SHA1 checksums.*too weak/,
    ],
    ['a second stanza', `SHA256:\n ${A} 1 x\n\nSuite: evil\n`, 'METADATA_INVALID', /second stanza, on line 4/],
    ['a checksum of the wrong length', `SHA256:\n ${A}0 1 x\n`, 'METADATA_INVALID', /not "checksum size path"/],
    ['a negative size', `SHA256:\n ${A} -1 x\n`, 'METADATA_INVALID', /not "checksum size path"/],
    ['a size beyond all bounds', `SHA256:\n ${A} 99999999999999999999 x\n`, 'METADATA_INVALID', /not "checksum size path"/],
    ['no path', `SHA256:\n ${A} 1\n`, 'METADATA_INVALID', /not "checksum size path"/],
    ['a path that leaves', `SHA256:\n ${A} 1 main/../../../etc/passwd\n`, 'PATH_UNSAFE', /leads out/],
    ['an absolute path', `SHA256:\n ${A} 1 /etc/passwd\n`, 'PATH_UNSAFE', /is absolute/],
    ['two sizes of one file', `SHA256:\n ${A} 1 x\nSHA512:\n ${B} 2 x\n`, 'METADATA_INVALID', /two different/],
    ['two checksums of one file', `SHA256:\n ${A} 1 x\n ${A.replace('a', 'c')} 1 x\n`, 'METADATA_INVALID', /two different/],
    ['a date in another zone', `Date: Sat, 08 Jun 2024 09:12:01 CEST\nSHA256:\n ${A} 1 x\n`, 'METADATA_INVALID', /the Date "Sat/],
    ['a date that does not exist', `Valid-Until: Sat, 31 Jun 2024 09:12:01 UTC\nSHA256:\n ${A} 1 x\n`, 'METADATA_INVALID', /Valid-Until/],
    [
      'components without end',
      `Components: ${Array.from({ length: 1001 }, (_, index) => index).join(' ')}\n`,
      'METADATA_INVALID',
      /1001 words in its Components/,
    ],
    ['no stanza at all', '<html><body>Welcome to the hotel network</body></html>\n', 'METADATA_INVALID', /Release, line 1/],
  ])('refuses %s', (_name, text, code, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});
