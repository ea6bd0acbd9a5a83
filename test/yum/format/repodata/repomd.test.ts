import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatRepomd, parseRepomd, type RepomdRecord } from '../../../../src/yum/format/repodata/repomd.ts';
import { describeWithTools, SHARED_DATA } from '../../../support/requirements.ts';

const SHA = 'a'.repeat(64);
const record = (content: string, type = 'primary'): Buffer =>
  Buffer.from(`<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>7</revision><data type="${type}">${content}</data></repomd>`);
const checksum = `<checksum type="sha256">${SHA}</checksum>`;
const location = '<location href="repodata/primary.xml.gz"/>';
const parse = (bytes: Buffer) => parseRepomd(bytes, 'repomd.xml');

describe('yum/format/repodata/repomd', () => {
  it('reads a record with everything in it', () => {
    const text = `${checksum}<open-checksum type="sha">${'b'.repeat(40)}</open-checksum><location href="./repodata//p.xml" xml:base="http://h/"/>
      <timestamp>1369777341.5</timestamp><size>12</size><open-size>34</open-size><database_version>10</database_version>`;
    expect(parse(record(text))).toEqual({
      revision: '7',
      records: [
        {
          type: 'primary',
          path: 'repodata/p.xml',
          base: 'http://h/',
          checksum: { algorithm: 'sha256', value: SHA },
          openChecksum: { algorithm: 'sha1', value: 'b'.repeat(40) },
          timestamp: 1369777341500,
          size: 12,
          openSize: 34,
          databaseVersion: 10,
        },
      ],
    });
  });

  it('reads what a repository says of itself, and what is particular to zchunk', () => {
    const text = `<repomd><revision/><repoid type="koji">r</repoid><contenthash type="x-pkgid">h</contenthash>
      <tags><content>binary</content><content>c</content><repo>Fedora</repo><distro cpeid="cpe:/o:f:f:1">F</distro><distro>G</distro></tags>
      <data type="primary_zck">${checksum}<header-checksum type="sha256">${SHA}</header-checksum>${location}<header-size>7</header-size></data></repomd>`;
    expect(parse(Buffer.from(text))).toMatchObject({
      revision: undefined,
      repoId: { type: 'koji', text: 'r' },
      contentHash: { type: 'x-pkgid', text: 'h' },
      tags: {
        content: ['binary', 'c'],
        repo: ['Fedora'],
        distro: [
          { cpeid: 'cpe:/o:f:f:1', text: 'F' },
          { cpeid: undefined, text: 'G' },
        ],
      },
      records: [{ headerChecksum: { value: SHA }, headerSize: 7 }],
    });
  });

  it('takes two records of one file when they agree', () => {
    const twice = (sum: string): Buffer =>
      Buffer.from(
        `<repomd><data type="a">${checksum}${location}</data><data type="b"><checksum type="sha256">${sum}</checksum>${location}</data></repomd>`,
      );
    expect(parse(twice(SHA)).records).toHaveLength(2);
    expect(() => parse(twice('b'.repeat(64)))).toThrow('do not agree');
  });

  it('refuses more records than any repository has', () => {
    const data = (count: number): Buffer =>
      Buffer.from(
        `<repomd>${Array.from({ length: count }, (_, index) => `<data type="t${index}">${checksum}<location href="r/${index}"/></data>`).join('')}</repomd>`,
      );
    expect(parse(data(1000)).records).toHaveLength(1000);
    expect(() => parse(data(10_000))).toThrow('more than 1000');
  });

  it('reads what it writes, and writes the same bytes for the same records', () => {
    const records: RepomdRecord[] = [
      {
        type: 'primary',
        path: 'repodata/a&b.xml.gz',
        checksum: { algorithm: 'sha256', value: SHA },
        size: 1,
        openSize: 2,
        timestamp: 5000,
      },
      { type: 'other', path: 'repodata/o.xml', checksum: { algorithm: 'sha1', value: 'c'.repeat(40) } },
    ];
    const text = formatRepomd('1<2', records);
    expect(parse(Buffer.from(text))).toMatchObject({ revision: '1<2', records });
    expect(formatRepomd('1<2', records)).toBe(text);
  });

  it.each([
    [record(location), 'no checksum'],
    [record(`<checksum type="crc32">00</checksum>${location}`), 'no checksum of a known kind'],
    [record(`<checksum type="sha256">xyz</checksum>${location}`), 'no checksum of a known kind'],
    [record(checksum), 'no location'],
    [record(`${checksum}${location}<size>-1</size>`), 'not a number'],
    [record(`${checksum}${location}<open-checksum type="sha256">0</open-checksum>`), 'open-checksum'],
    [record(checksum + location, ''), 'no type'],
    [record(checksum + location, '../x'), 'not one word'],
    [record(checksum + location, 'a/b'), 'not one word'],
    [record(checksum + location, 'a&#10;b'), '"a?b" has a type that is not one word'],
    [record(checksum + location, 'x'.repeat(200)), 'not one word'],
    [record(`${checksum}<location href="repodata/./repomd.xml"/>`), 'describes the repository itself'],
    [record(`${checksum}<location href="repodata/repomd.xml.asc"/>`), 'describes the repository itself'],
    [record(`${checksum}<location href="../../etc/passwd"/>`), 'leads out'],
    [record(`${checksum}<location href="/etc/passwd"/>`), 'absolute'],
    [record(`${checksum}<location href="a&#10;b"/>`), 'control character'],
    [record(`${checksum}<location href="${'x'.repeat(5000)}"/>`), '4096'],
    [Buffer.from('<metadata/>'), '<metadata>'],
    [Buffer.from(''), 'valid XML'],
  ])('refuses %.120j', (bytes, why) => {
    expect(() => parse(bytes)).toThrow(why);
  });
});

describeWithTools(['shared data'], 'yum/format/repodata/repomd of real repositories', () => {
  it.each(['al2023', 'el5-v3sig', 'fedora34', 'lzma-sha1', 'opensuse-zst', 'pgdg-common-el8'])('%s', (name) => {
    const { records, revision } = parse(readFileSync(join(SHARED_DATA ?? '', 'rpm', name, 'repodata/repomd.xml')));
    expect(revision).toMatch(/^\d+$/);
    for (const type of ['primary', 'filelists', 'other']) {
      expect(records.filter((entry) => entry.type === type)).toHaveLength(1);
    }
    for (const entry of records) {
      expect(entry.size).toBe(readFileSync(join(SHARED_DATA ?? '', 'rpm', name, entry.path)).length);
    }
  });

  it('reads a repomd.xml with every kind of record', () => {
    const file = join(SHARED_DATA ?? '', 'fixtures/createrepo_c/repo_with_additional_metadata/repodata/repomd.xml');
    const types = parse(readFileSync(file)).records.map((entry) => entry.type);
    expect(types).toEqual(expect.arrayContaining(['primary', 'primary_zck', 'primary_db', 'modules', 'updateinfo', 'group']));
  });
});
