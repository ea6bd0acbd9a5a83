import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseMetalink } from '../../../../src/yum/format/repository/metalink.ts';
import { describeWithTools, SHARED_DATA } from '../../../support/requirements.ts';

const metalink = (file: string): Buffer =>
  Buffer.from(`<metalink version="3.0" xmlns="http://www.metalinker.org/" xmlns:mm0="urn:mm0"><files>${file}</files></metalink>`);
const parse = (bytes: Buffer) => parseMetalink(bytes, 'the metalink');
const hash = (digit: string): string => `<verification><hash type="sha256">${digit.repeat(64)}</hash></verification>`;

describe('yum/format/repository/metalink', () => {
  it('gives servers by preference, and every repomd.xml that is acceptable', () => {
    const text = `<file name="other"/><file name="repomd.xml"><size>10</size>${hash('1')}
      <mm0:alternates><mm0:alternate><size>20</size>${hash('2')}</mm0:alternate><mm0:alternate/></mm0:alternates>
      <resources><url preference="5">http://low/x/repodata/repomd.xml</url><url preference="90"> https://high/repodata/repomd.xml </url>
      <url preference="99">ftp://f/repodata/repomd.xml</url><url>http://h/elsewhere.xml</url><url preference="x">http://none/repodata/repomd.xml</url>
      </resources></file>`;
    expect(parse(metalink(text))).toEqual({
      bases: ['https://high/', 'http://low/x/', 'http://none/'],
      accepted: [
        { size: 10, checksums: [{ algorithm: 'sha256', value: '1'.repeat(64) }] },
        { size: 20, checksums: [{ algorithm: 'sha256', value: '2'.repeat(64) }] },
      ],
    });
  });

  it.each([
    [metalink(`<file name="repomd.xml"><resources/></file>`), 'no checksum'],
    [metalink(`<file name="foo.xml">${hash('1')}</file>`), 'does not name repomd.xml'],
    [metalink(''), 'does not name repomd.xml'],
    [Buffer.from('<html/>'), '<html>'],
    [Buffer.from('<!DOCTYPE metalink><metalink/>'), 'document type'],
  ])('refuses %s', (bytes, why) => {
    expect(() => parse(bytes)).toThrow(why);
  });
});

describeWithTools(['shared data'], 'yum/format/repository/metalink of MirrorManager', () => {
  const read = (name: string) => parse(readFileSync(join(SHARED_DATA ?? '', 'fixtures/librepo/metalinks', name)));

  it('reads a good one', () => {
    const { bases, accepted } = read('metalink_good_01');
    expect(accepted).toHaveLength(1);
    expect(accepted[0]?.size).toBe(4309);
    expect(accepted[0]?.checksums.map((sum) => sum.algorithm)).toEqual(['md5', 'sha1', 'sha256', 'sha512']);
    expect(bases).toHaveLength(49);
    expect(bases.every((base) => base.endsWith('/'))).toBe(true);
  });

  it('reads one with alternates', () => {
    expect(read('metalink_with_alternates').accepted.length).toBeGreaterThan(1);
  });

  it('passes over bad values', () => {
    expect(read('metalink_bad_01').accepted[0]?.size).toBeUndefined();
    expect(read('metalink_bad_02').bases).toEqual([]);
  });

  it.each(['metalink_good_02', 'metalink_good_03', 'metalink_really_bad_01', 'metalink_really_bad_02', 'metalink_really_bad_03'])(
    'refuses %s, which is of no use',
    (name) => {
      expect(() => read(name)).toThrow();
    },
  );
});
