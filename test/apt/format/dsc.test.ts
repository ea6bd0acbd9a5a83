import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDsc } from '../../../src/apt/format/dsc.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { statedOf } from './packages-on-disk.ts';
import { buildSource } from './sources-on-disk.ts';

const FILES = `Files:\n ${'a'.repeat(32)} 3 a_1.tar.gz\n`;
const parse = (text: string) => parseDsc(Buffer.from(text), 'x.dsc');

describe('apt/format/dsc', () => {
  it('gives the name, the version and the files', () => {
    const { name, version, files } = parse(`Format: 3.0 (quilt)\nSource: a\nVersion: 2:1-1\n${FILES}`);
    expect({ name, version, files: files.map((file) => file.name) }).toEqual({ name: 'a', version: '2:1-1', files: ['a_1.tar.gz'] });
  });

  it.each([
    ['', 'is empty'],
    [`Source: a\nVersion: 1\n${FILES}`, 'has no usable Format: ""'],
    [`Format: x\nSource: a\nVersion: 1\n${FILES}`, 'has no usable Format: "x"'],
    [`Format: 1.0\nSource: ../a\nVersion: 1\n${FILES}`, 'has no usable Source: "../a"'],
    [`Format: 1.0\nSource: a\nVersion: 1-\n${FILES}`, 'has no usable Version: "1-"'],
    [`Format: 1.0\nSource: a\n b\nVersion: 1\n${FILES}`, 'states its Source on several lines'],
    [`Format: 1.0\nSource: a\nVersion: 1\nVersion: 2\n${FILES}`, 'has the field Version twice'],
    [`Format: 1.0\nSource: a\nVersion: 1\nBuild-Depends: b (\n${FILES}`, 'x.dsc: its Build-Depends'],
    ['Format: 1.0\nSource: a\nVersion: 1\n', 'lists no files'],
    [`Format: 1.0\nSource: a\nVersion: 1\n${FILES} ${'a'.repeat(32)} 3 b.dsc\n`, 'lists a .dsc among its own files'],
  ])('refuses %j', (text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'METADATA_INVALID', message: expect.stringContaining(message) }));
  });

  describeWithTools(['dpkg-source', 'dpkg-genchanges'], 'of dpkg-source', () => {
    it('reads it', () => {
      const folder = mkdtempSync(join(tmpdir(), 'mirror-dsc-'));
      const { dsc } = buildSource(folder, { name: 'hello', version: '1.0' });
      const read = parseDsc(readFileSync(dsc), 'x');
      const { size, md5, sha1, sha256 } = statedOf(join(folder, 'hello_1.0.tar.xz'));
      execFileSync('dpkg-source', ['--extract', dsc, join(folder, 'out')], { stdio: 'ignore' });
      rmSync(folder, { recursive: true });
      expect(read).toMatchObject({ name: 'hello', version: '1.0' });
      expect(read.files).toEqual([
        {
          name: 'hello_1.0.tar.xz',
          size,
          checksums: [
            { algorithm: 'md5', value: md5 },
            { algorithm: 'sha1', value: sha1 },
            { algorithm: 'sha256', value: sha256 },
          ],
        },
      ]);
    });
  });
});
