import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type AptCandidate, labelOf, readCandidate } from '../../../src/apt/candidate.ts';
import { installedCandidates, parseInstalled } from '../../../src/apt/dependencies/installed.ts';
import { parseStanzas } from '../../../src/apt/format/deb822.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { stanza } from '../archive.ts';

function candidate(name: string, fields: Readonly<Record<string, string>> = {}): AptCandidate {
  const [parsed] = parseStanzas(Buffer.from(stanza(name, fields)), 'test');
  if (parsed === undefined) throw new Error('no stanza');
  return readCandidate(parsed, { mirror: 'one', component: 'main', what: 'test' });
}

const parse = (text: string) =>
  parseInstalled(Buffer.from(text), 'installed.txt').map(({ name, version, architecture }) => [name, version, architecture]);

describe('apt/dependencies/installed', () => {
  it('reads a list in every form of its lines', () => {
    const list =
      'bash\n# a comment\n\nlibc6=2.36-9+deb12u9\r\ncurl_7.88.1-10_amd64\nzlib1g:amd64\t1:1.2.13\nperl:any-not\nlibc6:i386=2.36-9\n';
    expect(parse(list)).toEqual([
      ['bash', undefined, undefined],
      ['libc6', '2.36-9+deb12u9', undefined],
      ['curl', '7.88.1-10', 'amd64'],
      ['zlib1g', '1:1.2.13', 'amd64'],
      ['perl', undefined, 'any-not'],
      ['libc6', '2.36-9', 'i386'],
    ]);
    expect(parse('')).toEqual([]);
  });

  it('reads a status file, without what is not installed', () => {
    const status = `Package: a
Status: install ok installed
Architecture: amd64
Version: 1.0
Provides: x (= 2)

Package: b
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0

Package: c
Status: hold ok triggers-pending
Architecture: all
Version: 2.0

Package: d
Status: install ok half-installed
Version: 2.0
`;
    expect(parse(status)).toEqual([
      ['a', '1.0', 'amd64'],
      ['c', '2.0', 'all'],
    ]);
    expect(parseInstalled(Buffer.from(status), 's')[0]?.stanza?.toString()).toContain('Provides: x (= 2)');
    // The files of an image without dpkg have no Status.
    expect(parse('Package: a\nVersion: 1\nArchitecture: all\n')).toEqual([['a', '1', 'all']]);
  });

  it.each([
    ['a b c', 1],
    ['ok\n../etc=1', 2],
    ['a=1\n\nb=$(x)', 3],
    ['Package: a\nStatus: install ok installed\nVersion: not a version\n', 1],
    ['Package: a\nnonsense', 2],
  ])('says which line of %j is wrong', (text, line) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(`installed.txt, line ${line}`) }),
    );
  });

  it('finds what is installed among what is available', () => {
    const available = [
      candidate('a', { Version: '1' }),
      candidate('a', { Version: '2' }),
      candidate('b', { Version: '1' }),
      candidate('b', { Version: '1', Architecture: 'i386' }),
      candidate('doc', { Version: '3', Architecture: 'all' }),
    ];
    const found = (text: string) => installedCandidates(Buffer.from(text), 'list', available);
    expect(found('a\nnot-there\n').map(labelOf)).toEqual(['a_1_amd64', 'a_2_amd64']);
    expect(found('a=2\na=2\nb_1_i386\ndoc:amd64 3').map(labelOf)).toEqual(['a_2_amd64', 'b_1_i386', 'doc_3_all']);
    expect(found('a=2')[0]).toBe(available[1]);
    const [other] = found('a=0.9');
    expect(other).toMatchObject({ mirror: 'installed', name: 'a', version: '0.9', architecture: 'all', location: '', checksums: [] });
    expect(found('Package: p\nVersion: 1\nArchitecture: amd64\nProvides: q\n')[0]?.stanza.toString()).toContain('Provides: q');
  });

  describeWithTools(['dpkg', 'dpkg-query'], 'against dpkg', () => {
    it('reads what this machine has, from the status file and from the list of dpkg-query', () => {
      const format = ['db:Status-Status', 'Package', 'Version', 'Architecture'].map((field) => `$\{${field}}`).join(' ');
      const listed = execFileSync('dpkg-query', ['-W', '-f', `${format}\\n`], { encoding: 'utf8' });
      const wanted = listed
        .trim()
        .split('\n')
        .flatMap((line) => (line.startsWith('installed ') ? [line.slice('installed '.length)] : []));
      const status = parseInstalled(readFileSync('/var/lib/dpkg/status'), 'status').map(
        (entry) => `${entry.name} ${entry.version} ${entry.architecture}`,
      );
      expect(status.sort()).toEqual(wanted.sort());
      const list = parseInstalled(execFileSync('dpkg-query', ['-W']), 'list').map(({ name, version }) => `${name} ${version}`);
      expect(list).toEqual(expect.arrayContaining(wanted.map((line) => line.split(' ').slice(0, 2).join(' '))));
    });
  });
});
