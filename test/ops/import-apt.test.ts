import { describe, expect, it } from 'vitest';
import { importAptSources, readAptSources } from '../../src/ops/import-apt.ts';

function read(text: string, file = '/x/a.list', architecture?: string) {
  return importAptSources(readAptSources(text, file), { architecture, taken: [] });
}

describe('ops/import-apt', () => {
  it('makes a mirror of each suite', () => {
    const text = 'Types: deb deb-src\nURIs: http://a.example.org/u/\nSuites: s s-updates\nComponents: main extra\nSigned-By: /k.gpg\n';
    const { mirrors, notices } = read(text, '/x/a.sources', 'amd64');
    expect(notices).toEqual([]);
    expect(mirrors.map(({ name, value }) => ({ name, value }))).toEqual(
      ['s', 's-updates'].map((suite) => ({
        name: `example-${suite}`,
        value: {
          type: 'apt',
          url: 'http://a.example.org/u/',
          suite,
          components: ['main', 'extra'],
          architectures: ['amd64'],
          keys: ['/k.gpg'],
          sources: true,
        },
      })),
    );
    expect(mirrors[0]).toMatchObject({ fingerprints: [], systemKeys: false });
  });

  it('passes over what is switched off and source packages, and says what it cannot reach', () => {
    const { mirrors, notices } = read(
      [
        'deb-src http://a.example.org/u s main',
        '# deb http://b/ s main',
        'deb cdrom:[x]/ s main',
        'deb http://u:secret@a.example.org/ s main',
      ].join('\n'),
    );
    expect(mirrors).toEqual([]);
    expect(notices).toHaveLength(2);
    expect(notices[0]).toContain('/x/a.list:3: cdrom:[x]/ was left out: it is not reached over http or https');
    expect(notices[1]).toContain('holds a password');
    expect(notices.join()).not.toContain('secret');
    expect(read('Enabled: no\nTypes: deb\nURIs: http://a.example.org/\nSuites: s\nComponents: c\n', '/x/a.sources').mirrors).toEqual([]);
  });

  it('takes source packages where apt does', () => {
    const lines = [
      'deb-src http://a.example.org/u/ s main',
      'deb http://a.example.org/u s main',
      'deb http://a.example.org/u s-updates main',
      '# deb-src http://a.example.org/u s-updates main',
      'deb-src http://a.example.org/only s main',
      'deb http://a.example.org/$(ARCH)/ ./',
      'deb-src http://a.example.org/$(ARCH) ./',
    ];
    const { mirrors, notices } = read(`${lines.join('\n')}\n`, '/x/a.list', 'amd64');
    expect(notices).toEqual([]);
    expect(mirrors.map(({ value }) => ({ ...value }))).toEqual([
      expect.objectContaining({ url: 'http://a.example.org/u', suite: 's', sources: true }),
      expect.not.objectContaining({ sources: expect.anything() }),
      expect.objectContaining({ url: 'http://a.example.org/amd64/', suite: './', sources: true }),
    ]);
    expect(mirrors[1]?.value).toMatchObject({ suite: 's-updates' });
  });

  it('joins entries of one suite, and tells apart suites of one name', () => {
    const { mirrors } = read('deb http://a.example.org/u s main\ndeb http://a.example.org/u/ s extra\ndeb http://a.example.org/v s main\n');
    expect(mirrors.map(({ name }) => name)).toEqual(['example-s', 'v-example-s']);
    expect(mirrors[0]?.value).toMatchObject({ components: ['main', 'extra'] });
  });

  it('takes over options', () => {
    const options = 'arch=arm64,amd64 trusted=yes check-valid-until=no';
    const { mirrors, notices } = read(`deb [${options}] http://a.example.org/$(ARCH)/u ./\n`, '/x/a.list', 'amd64');
    expect(mirrors[0]?.value).toEqual({
      type: 'apt',
      url: 'http://a.example.org/amd64/u',
      suite: './',
      architectures: ['arm64', 'amd64'],
      verify: [],
      allowExpired: true,
    });
    expect(notices[0]).toContain('so it is not verified');
  });

  it('tells where keys are to be found', () => {
    const fingerprint = 'AB'.repeat(20);
    expect(read('deb http://a.example.org/u s main\n').mirrors[0]).toMatchObject({ systemKeys: true, fingerprints: [] });
    expect(read(`deb [signed-by=${fingerprint}] http://a.example.org/u s main\n`).mirrors[0]).toMatchObject({
      systemKeys: true,
      fingerprints: [fingerprint],
    });
    const inline =
      'Types: deb\nURIs: http://a.example.org/\nSuites: s\nComponents: c\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n xx\n -----END PGP PUBLIC KEY BLOCK-----\n';
    const [mirror] = read(inline, '/x/a.sources').mirrors;
    expect(mirror?.inlineKey?.trim()).toBe('-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxx\n-----END PGP PUBLIC KEY BLOCK-----');
    expect(mirror?.systemKeys).toBe(false);
  });
});
