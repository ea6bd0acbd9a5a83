import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseStanzas } from '../../../src/apt/format/deb822.ts';
import { packagesStanza, withoutFields } from '../../../src/apt/format/packages-stanza.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { buildPackage, CONTROL, statedOf, writeTree } from './packages-on-disk.ts';

const FILE = { filename: 'a.deb', size: 3, md5: 'm', sha1: 's1', sha256: 's2' };
const stanzaOf = (control: string): string => packagesStanza(Buffer.from(control), FILE).toString();
const ADDED = 'Filename: a.deb\nSize: 3\nMD5sum: m\nSHA1: s1\nSHA256: s2';

describe('apt/format/packages-stanza', () => {
  it('keeps the control file as it is, and adds what the file is', () => {
    expect(stanzaOf('Package: a\nX-odd:  b\n  c\nDescription: d\n e\nHomepage: f')).toBe(
      `Package: a\nX-odd:  b\n  c\n${ADDED}\nDescription: d\n e\nHomepage: f`,
    );
    expect(stanzaOf('Package: a\nVersion: 1')).toBe(`Package: a\nVersion: 1\n${ADDED}`);
  });

  it('drops what a control file says of the file, wherever it stands', () => {
    expect(stanzaOf('Filename: ../../evil\nPackage: a\nsize: 9\n 9\nSHA512: x\nmd5sum: x')).toBe(`Package: a\n${ADDED}`);
  });

  it('takes out the first, a middle, the last and every field', () => {
    const without = (...fields: string[]): string => withoutFields(Buffer.from('A: 1\nB: 2\n b\nC: 3'), fields).toString();
    expect(without('a')).toBe('B: 2\n b\nC: 3');
    expect(without('B')).toBe('A: 1\nC: 3');
    expect(without('C')).toBe('A: 1\nB: 2\n b');
    expect(without('C', 'B')).toBe('A: 1');
    expect(without('A', 'B', 'C')).toBe('');
  });

  describeWithTools(['dpkg-deb', 'dpkg-scanpackages', 'apt-ftparchive'], 'with the real tools', () => {
    it.each([
      ['dpkg-scanpackages', ['--multiversion', '.']],
      ['apt-ftparchive', ['-o', 'APT::FTPArchive::SHA512=false', 'packages', '.']],
    ])('says what %s says, field by field', (program, args) => {
      const folder = mkdtempSync(join(tmpdir(), 'mirror-stanza-'));
      const control = CONTROL.replace('Section:', 'Size: 1\nFilename: x\nSHA256: y\nSection:');
      writeTree(join(folder, 'tree'), control);
      buildPackage(join(folder, 'tree'), join(folder, 'a.deb'), 'gzip');
      const fieldsOf = (stanza: Buffer): Map<string, string> => {
        const [only] = [...parseStanzas(stanza, 'x')];
        return new Map([...(only?.fields() ?? [])].map(([name, value]) => [name.toLowerCase(), value]));
      };
      const expected = fieldsOf(execFileSync(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] }));
      const filename = './a.deb';
      const ours = fieldsOf(packagesStanza(Buffer.from(control.trimEnd()), { filename, ...statedOf(join(folder, 'a.deb')) }));
      rmSync(folder, { recursive: true });
      expect(expected.size).toBeGreaterThan(15);
      expect([...ours].sort()).toEqual([...expected].sort());
    });
  });
});
