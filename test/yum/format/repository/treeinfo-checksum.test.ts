import { describe, expect, it } from 'vitest';
import { withRepomdChecksum } from '../../../../src/yum/format/repository/treeinfo-checksum.ts';

const SUM = 'f'.repeat(64);

function changed(text: string): string {
  return withRepomdChecksum(Buffer.from(text, 'latin1'), SUM).toString('latin1');
}

describe('yum/format/repository/treeinfo-checksum', () => {
  it.each([
    [
      '[checksums]\nrepodata/repomd.xml = sha256:abc\nimages/x = sha256:abc\n',
      `[checksums]\nrepodata/repomd.xml = sha256:${SUM}\nimages/x = sha256:abc\n`,
    ],
    ['[ Checksums ]\r\nrepodata/repomd.xml=md5:abc  \r\n', `[ Checksums ]\r\nrepodata/repomd.xml=sha256:${SUM}  \r\n`],
    ['[checksums]\n\trepodata/repomd.xml : sha1:abc', `[checksums]\n\trepodata/repomd.xml : sha256:${SUM}`],
  ])('states the new checksum in %j', (before, after) => {
    expect(changed(before)).toBe(after);
  });

  it.each([
    '[general]\nrepodata/repomd.xml = sha256:abc\n',
    '[checksums]\naddons/a/repodata/repomd.xml = sha256:abc\n[general]\nrepodata/repomd.xml = x\n',
    '[checksums]\n; repodata/repomd.xml = sha256:abc\n\xff\xfe\n',
    '',
  ])('leaves every byte of %j', (text) => {
    expect(changed(text)).toBe(text);
  });
});
