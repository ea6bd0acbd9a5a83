import { describe, expect, it } from 'vitest';
import { parseDeb822Sources, parseOneLineSources } from '../../../src/apt/format/sources-list.ts';

const one = (text: string) => parseOneLineSources(text, '/etc/apt/sources.list');
const deb822 = (text: string) => parseDeb822Sources(text, '/etc/apt/sources.list.d/x.sources');

describe('apt/format/sources-list', () => {
  it('reads one-line entries, passing over comments and what is commented out', () => {
    const text = [
      '# deb http://disabled.example/ x main',
      '',
      'deb http://archive.example.org/debian bookworm main contrib # the archive',
      '  deb-src\thttp://archive.example.org/debian  bookworm  main',
      'deb [ arch=amd64,arm64 signed-by=/usr/share/keyrings/a.gpg,/b.asc trusted=yes lang=en arch-=i386 ] https://example.org/repo ./',
      'deb [arch=amd64] cdrom:[Debian GNU/Linux 12 _Bookworm_]/ bookworm main',
    ].join('\n');
    expect(one(text)).toEqual([
      {
        types: ['deb'],
        uris: ['http://archive.example.org/debian'],
        suites: ['bookworm'],
        components: ['main', 'contrib'],
        enabled: true,
        options: {},
        file: '/etc/apt/sources.list',
        line: 3,
      },
      expect.objectContaining({ types: ['deb-src'], components: ['main'], line: 4 }),
      expect.objectContaining({
        uris: ['https://example.org/repo'],
        suites: ['./'],
        components: [],
        architectures: ['amd64', 'arm64'],
        signedBy: { paths: ['/usr/share/keyrings/a.gpg', '/b.asc'], fingerprints: [] },
        trusted: true,
        options: { lang: 'en', 'arch-': 'i386' },
      }),
      expect.objectContaining({ uris: ['cdrom:[Debian GNU/Linux 12 _Bookworm_]/'], architectures: ['amd64'], components: ['main'] }),
    ]);
  });

  it.each([
    ['deb http://x', /line 1: the entry lacks a URI or a suite/],
    ['\ndeb http://x bookworm', /line 2: the entry names no component/],
    ['deb http://x ./ main', /flat repository/],
    ['debs http://x y main', /"debs" instead of deb/],
    ['deb [arch=amd64 http://x y main', /no \] ends/],
    ['deb [arch] http://x y main', /not of the form name=value/],
    ['deb [signed-by=key.gpg] http://x y main', /neither an absolute path nor a fingerprint/],
  ])('refuses %j', (text, message) => {
    expect(() => one(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }));
  });

  it('reads deb822 entries with several of everything', () => {
    const text = `# Debian
Types: deb deb-src
URIs: http://archive.example.org/debian
 http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
# contrib
 non-free-firmware
Architectures: amd64 arm64
Languages: en de
PDiffs: no
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: https://example.org/
Suites: flat/
Trusted: yes
Signed-By: 05AB 0123456789abcdef0123456789ABCDEF01234567!
`.replace('05AB ', '');
    expect(deb822(text)).toEqual([
      {
        types: ['deb', 'deb-src'],
        uris: ['http://archive.example.org/debian', 'http://mirror.example/debian'],
        suites: ['bookworm', 'bookworm-updates'],
        components: ['main', 'non-free-firmware'],
        architectures: ['amd64', 'arm64'],
        signedBy: { paths: ['/usr/share/keyrings/debian-archive-keyring.gpg'], fingerprints: [] },
        enabled: true,
        options: { lang: 'en de', pdiffs: 'no' },
        file: '/etc/apt/sources.list.d/x.sources',
        line: 2,
      },
      expect.objectContaining({
        enabled: false,
        trusted: true,
        suites: ['flat/'],
        components: [],
        signedBy: { paths: [], fingerprints: ['0123456789ABCDEF0123456789ABCDEF01234567'] },
        line: 14,
      }),
    ]);
  });

  it('gives an inline key back as it was before it was put into the field', () => {
    const [source] = deb822(
      'Types: deb\nURIs: http://x\nSuites: a\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEabc\n =abcd\n -----END PGP PUBLIC KEY BLOCK-----\n',
    );
    expect(source?.signedBy).toEqual({
      inlineKey: '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEabc\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n',
    });
  });

  it.each([
    ['URIs: x\nSuites: a\nComponents: main', 'CONFIG_INVALID', /has no Types/],
    ['Types: rpm\nURIs: x\nSuites: a\nComponents: main', 'CONFIG_INVALID', /the type "rpm"/],
    ['Types: deb\nSuites: a\nComponents: main', 'CONFIG_INVALID', /has no URIs/],
    ['Types: deb\nURIs: x\nSuites: a\n', 'CONFIG_INVALID', /names no component of "a"/],
    ['Types: deb\nURIs: x\nSuites: a/\nComponents: main', 'CONFIG_INVALID', /flat repository/],
    ['Types: deb\nnonsense\n', 'METADATA_INVALID', /x.sources, line 2/],
  ])('refuses %j', (text, code, message) => {
    expect(() => deb822(text)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});
