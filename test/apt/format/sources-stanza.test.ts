import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseStanzas } from '../../../src/apt/format/deb822.ts';
import { parseDsc } from '../../../src/apt/format/dsc.ts';
import type { ListedFile } from '../../../src/apt/format/listed-files.ts';
import { readSourceStanza } from '../../../src/apt/format/sources-index.ts';
import { sourcesStanza } from '../../../src/apt/format/sources-stanza.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { statedOf } from './packages-on-disk.ts';
import { buildSource } from './sources-on-disk.ts';

const listed = (name: string): ListedFile => ({
  name,
  size: 3,
  checksums: [
    { algorithm: 'md5', value: 'm' },
    { algorithm: 'sha1', value: 's1' },
    { algorithm: 'sha256', value: 's2' },
  ],
});

describe('apt/format/sources-stanza', () => {
  it('renames the Source, keeps what there is, and lists the .dsc first', () => {
    const dsc =
      'Format: 1.0\nSource: a\nPackage: evil\nDirectory: ../..\nVersion: 1\nFiles:\n x 3 a.tar.gz\nVcs-Git: x\nChecksums-Sha512:\n y 3 a.tar.gz';
    expect(sourcesStanza(Buffer.from(dsc), [listed('a.dsc'), listed('a.tar.gz')]).toString()).toBe(
      'Format: 1.0\nPackage: a\nVersion: 1\nVcs-Git: x\nDirectory: .\nFiles:\n m 3 a.dsc\n m 3 a.tar.gz\nChecksums-Sha1:\n s1 3 a.dsc\n s1 3 a.tar.gz\n' +
        'Checksums-Sha256:\n s2 3 a.dsc\n s2 3 a.tar.gz',
    );
  });

  describeWithTools(['dpkg-source', 'dpkg-genchanges', 'dpkg-scansources', 'apt-ftparchive'], 'with the real tools', () => {
    it.each([
      ['dpkg-scansources', ['sub']],
      ['apt-ftparchive', ['-o', 'APT::FTPArchive::SHA512=false', 'sources', 'sub']],
    ])('says what %s says, field by field', (program, args) => {
      const root = mkdtempSync(join(tmpdir(), 'mirror-sources-'));
      const folder = join(root, 'sub');
      mkdirSync(folder);
      buildSource(folder, { name: 'hello', version: '1.0', binaries: ['hello-doc'] });
      const fileOf = (name: string): ListedFile => {
        const { size, ...sums } = statedOf(join(folder, name));
        return { name, size, checksums: (['md5', 'sha1', 'sha256'] as const).map((algorithm) => ({ algorithm, value: sums[algorithm] })) };
      };
      const { stanza } = parseDsc(readFileSync(join(folder, 'hello_1.0.dsc')), 'x');
      const ours = sourcesStanza(stanza.bytes, [fileOf('hello_1.0.dsc'), fileOf('hello_1.0.tar.xz')]);
      const expected = execFileSync(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
      const dsc = fileOf('hello_1.0.dsc');
      const archive = fileOf('hello_1.0.tar.xz');
      rmSync(root, { recursive: true });
      const fieldsOf = (bytes: Buffer): unknown[] => [...parseStanzas(bytes, 'x')].map((one) => [...one.fields()].sort());
      expect(fieldsOf(ours)[0]).toHaveLength(14);
      expect(fieldsOf(Buffer.from(ours.toString().replace('Directory: .', 'Directory: sub')))).toEqual(fieldsOf(expected));
      const [read] = [...parseStanzas(expected, 'x')].map((one) => readSourceStanza(one, 'x'));
      expect(read).toEqual({
        name: 'hello',
        version: '1.0',
        binaries: ['hello', 'hello-doc'],
        architectures: ['any'],
        directory: 'sub',
        dsc,
        files: [archive],
      });
    });
  });
});
