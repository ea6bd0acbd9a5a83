import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aptFamily } from '../../src/apt/family.ts';
import { isMirrorError } from '../../src/core/errors.ts';
import { matcher } from '../../src/query/matcher.ts';
import { parseQuery } from '../../src/query/parse.ts';
import { type PackageSpec, pkg, storedPackage, writePackage } from '../ops/stored-packages.ts';
import { run, succeed } from '../support/program.ts';
import { describeWithTools } from '../support/requirements.ts';

const PACKAGES: readonly PackageSpec[] = [
  pkg('nginx_1.22.1-9_amd64', { Section: 'httpd', Priority: 'optional', Provides: 'httpd, web (= 2.0)', 'Installed-Size': '1200' }),
  pkg('nginx_1.22.1-9_i386', { Section: 'httpd', Priority: 'optional', Provides: 'httpd, web (= 2.0)', 'Installed-Size': '1100' }),
  pkg('nginx_1.24.0-1_amd64', { Section: 'httpd', Priority: 'extra', Provides: 'httpd', 'Installed-Size': '1300' }),
  pkg('nginx-doc_1.22.1-9_all', { Section: 'doc', Priority: 'optional', Source: 'nginx' }),
  pkg('apache2_2.4.57-2_amd64', { Section: 'httpd', Priority: 'optional', Provides: 'httpd', Source: 'apache-http (2.4)' }),
  pkg('libssl3_3.0.9-1_amd64', { Section: 'libs', Priority: 'required', 'Multi-Arch': 'same', Source: 'openssl', Essential: 'yes' }),
  pkg('libssl-dev_3.0.9-1_amd64', { Section: 'libdevel', Priority: 'optional', Depends: 'libssl3 (= 3.0.9-1)', Source: 'openssl' }),
  pkg('firmware_1:20230210-5_all', { Section: 'non-free/kernel', Priority: 'optional', Description: 'blobs (for cards)\n that need them' }),
  pkg('g++_4:12.2.0-3_amd64', { Section: 'devel', Priority: 'optional' }),
  pkg('tool_1.0~rc1-1_amd64', { Section: 'misc', Priority: 'optional', 'X-Team': 'a' }),
  pkg('tool_1.0-1_amd64', { Section: 'misc', Priority: 'optional', 'X-Team': 'b' }),
];

const SAME: readonly string[] = [
  'nginx',
  'nginx (1.24.0-1)',
  'nginx (= 1.22.1-9)',
  'nginx (>= 1.22.1-9)',
  'nginx (> 1.22.1-9)',
  'nginx (>> 1.22.1-9)',
  'nginx (<= 1.22.1-9)',
  'nginx (< 1.22.1-9)',
  'nginx (<< 1.24)',
  'nginx {i386}',
  'nginx (>= 1.24) {amd64}',
  'nginx {source}',
  'nginx-doc {i386}',
  'nginx-doc {source}',
  'httpd',
  'httpd {i386}',
  'nothing',
  'nginx_1.22.1-9_amd64',
  'nginx_1.22.1-9_source',
  'nginx_1.22.1-9_arm64',
  'firmware_1:20230210-5_all',
  'g++',
  "'g++'",
  '"g++ "',
  'tool (<< 1.0-1)',
  'tool (1.0~rc1-1)',
  'Name (nginx)',
  'Name (% nginx*)',
  'Name (% nginx?doc)',
  'Name (% [gt]*)',
  'Name (% [^n]*)',
  'Name (~ ^lib.*(dev|3)$)',
  'Name (~ ssl)',
  "Name (~ '^g\\\\+\\\\+$')",
  'Section (httpd)',
  'Section (% *)',
  'Section (% non-free/*)',
  'Section (% */kernel)',
  'Priority (required)',
  'Essential',
  'Essential (yes)',
  '!Essential',
  'X-Team',
  'X-Team (b)',
  'Installed-Size (>= 1200)',
  'Multi-Arch (same)',
  'Version (1.22.1-9)',
  'Version (>= 3)',
  'Version (% 1.22*)',
  '$Version (>= 4:1)',
  '$Version (>= 1.22), nginx',
  '$Architecture (i386)',
  '$Architecture (amd64), nginx-doc',
  '$Architecture (% amd64)',
  '$Architecture (all)',
  '$Architecture (source)',
  '$Source (openssl)',
  '$Source (nginx)',
  '$SourceVersion (2.4)',
  '$PackageType (deb)',
  '$PackageType (source)',
  'nginx, apache2',
  'nginx | apache2',
  'nginx | apache2, Section (libs)',
  '(nginx | apache2), Priority (extra)',
  'nginx, !$Architecture (i386)',
  '!(nginx | apache2 | tool), !Section (% lib*)',
  '!!nginx-doc',
  "Description (~ 'for cards')",
  'Description (~ "\\\\(for")',
  'nginx (>= 1.22',
  'nginx,',
  '| nginx',
  '(nginx',
  'nginx)',
  'nginx nginx',
  'nginx (>=)',
  'nginx {}',
  "'nginx",
  'Name (~ [)',
  '',
];

/** What differs on purpose: docs/query-language.md says why. */
const DIFFERENT: readonly (readonly [query: string, found: readonly string[]])[] = [
  // aptly needs a blank before the bracket.
  ['nginx(>= 1.24)', ['nginx_1.24.0-1_amd64']],
  // A bare name may be a glob.
  ['libssl*', ['libssl-dev_3.0.9-1_amd64', 'libssl3_3.0.9-1_amd64']],
  // Names that are provided with a version satisfy a condition.
  ['web (>= 2)', ['nginx_1.22.1-9_amd64', 'nginx_1.22.1-9_i386']],
  // A field that a package lacks meets no condition.
  ['Installed-Size (<< 1200)', ['nginx_1.22.1-9_i386']],
  // Package is what the stanza says.
  ['Package (tool)', ['tool_1.0-1_amd64', 'tool_1.0~rc1-1_amd64']],
  // The case of a field's name does not matter.
  ['Multi-arch (same)', ['libssl3_3.0.9-1_amd64']],
  // "=" is equality of text, unless the field is a version.
  ['Section (0:misc)', []],
];

describeWithTools(['aptly'], 'query/matcher beside aptly', () => {
  let root: string;
  let config: string;
  let subjects: ReturnType<typeof aptFamily.subject>[];

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'mirror-query-'));
    config = join(root, 'aptly.conf');
    writeFileSync(config, JSON.stringify({ rootDir: join(root, 'aptly'), gpgDisableSign: true }));
    const files = PACKAGES.map((spec) => writePackage(join(root, 'packages'), spec));
    await succeed('aptly', [`-config=${config}`, 'repo', 'create', 'all']);
    const source = writeSource(join(root, 'packages'));
    await succeed('aptly', [`-config=${config}`, 'repo', 'add', 'all', ...files, source.path]);
    const stored = [...PACKAGES.map(storedPackage), { ...storedPackage(pkg('nginx_1.22.1-9_source')), record: source.stanza }];
    subjects = stored.map((entry, id) => aptFamily.subject(aptFamily.candidate({ ...entry, id }, 'all')));
  }, 60_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  /** The packages that match, or `error`. */
  function ours(query: string): string[] | 'error' {
    try {
      const matches = matcher(parseQuery(query), aptFamily.compareVersions);
      return subjects
        .filter((subject) => matches(subject))
        .map((subject) => aptFamily.label(subject))
        .sort();
    } catch (error) {
      if (isMirrorError(error, 'QUERY_INVALID')) return 'error';
      throw error;
    }
  }

  async function theirs(query: string): Promise<string[] | 'error'> {
    const { status, stdout, stderr } = await run('aptly', [`-config=${config}`, 'package', 'search', query]);
    if (status === 0)
      return stdout
        .split('\n')
        .filter((line) => line !== '')
        .sort();
    if (stderr.includes('no results')) return [];
    return 'error';
  }

  it.each(SAME.map((query) => [query]))('finds by %j what aptly finds', async (query) => {
    expect(ours(query)).toEqual(await theirs(query));
  });

  it.each(DIFFERENT)('finds by %j %j, unlike aptly', async (query, found) => {
    expect(ours(query)).toEqual(found);
    expect(await theirs(query)).not.toEqual(found);
  });
});

/** A source package: its .dsc, and what Sources says of it. */
function writeSource(folder: string): { path: string; stanza: Buffer } {
  const archive = gzipSync('nothing');
  const name = 'nginx_1.22.1-9.tar.gz';
  writeFileSync(join(folder, name), archive);
  const line = (algorithm: string): string => ` ${createHash(algorithm).update(archive).digest('hex')} ${archive.length} ${name}\n`;
  const fields = `Format: 3.0 (native)
Source: nginx
Binary: nginx, nginx-doc
Architecture: any all
Version: 1.22.1-9
Maintainer: Nobody <nobody@example.com>
Section: httpd
Priority: optional
`;
  const path = join(folder, 'nginx_1.22.1-9.dsc');
  writeFileSync(path, `${fields}Checksums-Sha1:\n${line('sha1')}Checksums-Sha256:\n${line('sha256')}Files:\n${line('md5')}`);
  return { path, stanza: Buffer.from(fields.replace('Source:', 'Package:')) };
}
