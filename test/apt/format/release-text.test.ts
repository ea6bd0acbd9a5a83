import { describe, expect, it } from 'vitest';
import { parseRelease } from '../../../src/apt/format/release.ts';
import { formatComponentRelease, formatRelease, type ReleaseContent } from '../../../src/apt/format/release-text.ts';

const content: ReleaseContent = {
  origin: 'Example',
  label: 'Example label',
  suite: 'xenial',
  codename: 'xenial',
  date: new Date(Date.UTC(2024, 5, 8, 9, 12, 1)),
  architectures: ['amd64', 'arm64'],
  components: ['main', 'stable'],
  description: 'of a test',
  files: [
    { path: 'main/binary-amd64/Packages.gz', size: 7, sha256: 'b'.repeat(64) },
    { path: 'main/binary-amd64/Packages', size: 12345, sha256: 'a'.repeat(64) },
  ],
};

describe('apt/format/release-text', () => {
  it('writes what the reader understands, files in order', () => {
    const text = formatRelease(content);
    const release = parseRelease(Buffer.from(text), 'Release');
    expect(release).toMatchObject({
      origin: 'Example',
      label: 'Example label',
      suite: 'xenial',
      codename: 'xenial',
      date: content.date.getTime(),
      validUntil: undefined,
      acquireByHash: true,
      architectures: ['amd64', 'arm64'],
      components: ['main', 'stable'],
    });
    expect([...release.files].map(([path, file]) => [path, file.size])).toEqual([
      ['main/binary-amd64/Packages', 12345],
      ['main/binary-amd64/Packages.gz', 7],
    ]);
    expect(text).toContain(`\nSHA256:\n ${'a'.repeat(64)} 12345 main/binary-amd64/Packages\n ${'b'.repeat(64)}     7 main`);
    expect(text).not.toMatch(/SHA512|MD5Sum|Valid-Until/);
  });

  it('says until when it is valid, and what clients are to do with it', () => {
    const text = formatRelease({
      ...content,
      version: '16.04',
      validUntil: new Date(Date.UTC(2024, 5, 9)),
      notAutomatic: true,
      butAutomaticUpgrades: false,
      signedBy: ['A'.repeat(40), 'B'.repeat(40)],
    });
    expect(parseRelease(Buffer.from(text), 'Release')).toMatchObject({ version: '16.04', validUntil: Date.UTC(2024, 5, 9) });
    expect(text).toContain('\nNotAutomatic: yes\nAcquire-By-Hash: yes\n');
    expect(text).toContain(`\nSigned-By: ${'A'.repeat(40)}, ${'B'.repeat(40)}\n`);
  });

  it('writes what stands beside one index', () => {
    const names = { suite: 'stable', origin: 'Example', label: 'Label', component: 'main', architecture: 'source' };
    expect(formatComponentRelease({ ...names, version: '12', notAutomatic: true })).toBe(
      'Archive: stable\nVersion: 12\nComponent: main\nOrigin: Example\nLabel: Label\nNotAutomatic: yes\nAcquire-By-Hash: yes\nArchitecture: source\n',
    );
    expect(() => formatComponentRelease({ ...names, component: 'a\nb' })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('refuses a value that would add a field', () => {
    expect(() => formatRelease({ ...content, label: 'x\nValid-Until: never' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});
