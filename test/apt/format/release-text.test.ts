import { describe, expect, it } from 'vitest';
import { parseRelease } from '../../../src/apt/format/release.ts';
import { formatRelease, type ReleaseContent } from '../../../src/apt/format/release-text.ts';

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

  it('refuses a value that would add a field', () => {
    expect(() => formatRelease({ ...content, label: 'x\nValid-Until: never' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});
