import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseChanges } from '../../../src/apt/format/changes.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { buildSource } from './sources-on-disk.ts';

const FILES = `Checksums-Sha256:\n ${'a'.repeat(64)} 3 a_1_amd64.deb\n`;
const HEAD = 'Format: 1.8\nSource: a\nVersion: 1\n';
const parse = (text: string) => parseChanges(Buffer.from(text), 'x.changes');

describe('apt/format/changes', () => {
  it('gives the source, and the name of it alone for a rebuild', () => {
    const { source, version, architectures, distribution } = parse(
      `Format: 1.8\nSource: a (1-1)\nVersion: 1-1+b1\nArchitecture: amd64 all\nDistribution: sid\n${FILES}`,
    );
    expect({ source, version, architectures, distribution }).toEqual({
      source: 'a',
      version: '1-1+b1',
      architectures: ['amd64', 'all'],
      distribution: 'sid',
    });
  });

  it.each([
    [`Source: a\nVersion: 1\n${FILES}`, 'has no usable Format: ""'],
    [`Format: 2.0\nSource: a\nVersion: 1\n${FILES}`, 'has no usable Format: "2.0"'],
    [`Format: 1.8\nSource: a b\nVersion: 1\n${FILES}`, 'has no usable Source: "a b"'],
    [`Format: 1.8\nSource: a\n${FILES}`, 'has no usable Version: ""'],
    [`${HEAD}Distribution: a\n b\n${FILES}`, 'states its Distribution on several lines'],
    [HEAD, 'lists no files'],
    [`${HEAD}Files:\n ${'a'.repeat(32)} 3 misc optional a.deb\n`, 'states no SHA256 or SHA512 of "a.deb"'],
  ])('refuses %j', (text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'METADATA_INVALID', message: expect.stringContaining(message) }));
  });

  describeWithTools(['dpkg-source', 'dpkg-genchanges'], 'of dpkg-genchanges', () => {
    it('reads it', () => {
      const folder = mkdtempSync(join(tmpdir(), 'mirror-changes-'));
      const { changes } = buildSource(folder, { name: 'hello', version: '1.0' });
      const read = parseChanges(readFileSync(changes), 'x');
      rmSync(folder, { recursive: true });
      expect(read).toMatchObject({ source: 'hello', version: '1.0', architectures: ['source'], distribution: 'unstable' });
      expect(read.files.map(({ name, checksums }) => [name, checksums.map(({ algorithm }) => algorithm)])).toEqual([
        ['hello_1.0.dsc', ['md5', 'sha1', 'sha256']],
        ['hello_1.0.tar.xz', ['md5', 'sha1', 'sha256']],
      ]);
    });
  });
});
