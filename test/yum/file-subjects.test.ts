import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fieldTests } from '../../src/query/field-tests.ts';
import { matcher } from '../../src/query/matcher.ts';
import { parseQuery } from '../../src/query/parse.ts';
import { yumFamily } from '../../src/yum/family.ts';
import { fileSubjects } from '../../src/yum/file-subjects.ts';
import { describeWithTools, SHARED_DATA } from '../support/requirements.ts';
import { createRig } from './rig.ts';

/**
 * Queries, with the filters of dnf's query (`repoquery` has options for them) that ask for the same. A `*` of dnf also matches `/`, where a
 * regular expression stands in for it.
 */
const QUERIES: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['barman', { name: 'barman', provides: 'barman' }],
  ['"libgeos_c.so.1()(64bit)"', { provides: 'libgeos_c.so.1()(64bit)' }],
  ['"libpq.so.5()(64bit)"', { provides: 'libpq.so.5()(64bit)' }],
  ['/bin/sh', { provides: '/bin/sh' }],
  ['geos', { provides: 'geos' }],
  ['geos (>= 3)', { provides: 'geos >= 3' }],
  ['proj', { provides: 'proj' }],
  ['gdal (<< 3)', { provides: 'gdal < 3' }],
  ['repmgr_10', { provides: 'repmgr_10' }],
  ['no-such-package', { provides: 'no-such-package' }],
  ['Name (barman)', { name: 'barman' }],
  ['Name (% pg*)', { name__glob: 'pg*' }],
  ['pg*', { name__glob: 'pg*' }],
  ['*-devel', { name__glob: '*-devel' }],
  ['python?-*', { name__glob: 'python?-*' }],
  ['Name (% lib[a-m]*)', { name__glob: 'lib[a-m]*' }],
  ['!Name (% *-debug*), Name (% p*)', { name__glob: 'p*', name__not__glob: '*-debug*' }],
  ['Architecture (noarch)', { arch: 'noarch' }],
  ['Architecture (x86_64), *a*', { arch: 'x86_64', name__glob: '*a*' }],
  ['Name (~ .*), $Version (>= 3)', { evr__gte: '3' }],
  ['Name (~ .*), Version (<< 1)', { evr__lt: '1' }],
  ['Epoch (0)', { epoch: '0' }],
  ['Release (1.rhel8)', { release: '1.rhel8' }],
  ['Release (% 1*)', { release__glob: '1*' }],
  ['Requires (/bin/sh)', { requires: '/bin/sh' }],
  ['Requires (/usr/bin/python3)', { requires: '/usr/bin/python3' }],
  ['Requires (postgresql-libs)', { requires: 'postgresql-libs' }],
  ['Requires ("libpq.so.5()(64bit)")', { requires: 'libpq.so.5()(64bit)' }],
  ['Requires ("rpmlib(CompressedFileNames)")', { requires: 'rpmlib(CompressedFileNames)' }],
  ['Requires (gdal-libs)', { requires: 'gdal-libs' }],
  ['Conflicts (~ .)', { conflicts__glob: '*' }],
  ['Obsoletes (~ .)', { obsoletes__glob: '*' }],
  ['Recommends (~ .)', { recommends__glob: '*' }],
  ['Supplements (~ .)', { supplements__glob: '*' }],
  ['Files (/usr/bin/barman)', { file: '/usr/bin/barman' }],
  ['Files (% /usr/bin/*)', { file__glob: '/usr/bin/*' }],
  ['Files (% /usr/share/licenses/*)', { file__glob: '/usr/share/licenses/*' }],
  ['Files (~ ^/usr/share/man/man1/.*[.]1[.]gz$)', { file__glob: '/usr/share/man/man1/*.1.gz' }],
  ['Files (~ ^/etc/.*[.]conf$), Architecture (noarch)', { file__glob: '/etc/*.conf', arch: 'noarch' }],
  ['SourceRPM (barman-3.10.0-1PGDG.rhel8.src.rpm)', { sourcerpm: 'barman-3.10.0-1PGDG.rhel8.src.rpm' }],
  ['Summary (~ postgresql)', { summary__substr: 'postgresql' }],
  ['URL (~ ^https://www.pgbarman.org)', { url__glob: 'https://www.pgbarman.org*' }],
];

const ASK = `
import json, sys, dnf
directory, repository = sys.argv[1:]
base = dnf.Base()
base.conf.installroot = directory + '/install'
base.conf.cachedir = directory + '/cache'
base.conf.persistdir = directory + '/persist'
base.conf.reposdir = [directory + '/none']
base.conf.substitutions.update(releasever='8', arch='x86_64', basearch='x86_64')
base.repos.add_new_repo('test', base.conf, baseurl=['file://' + repository])
base.fill_sack(load_system_repo=False)
answers = []
for filters in json.load(sys.stdin):
    found = base.sack.query()
    for key, value in filters.items():
        found = found.filter(**{key: int(value) if key == 'epoch' else value})
    answers.append(sorted(str(p) for p in found))
json.dump(answers, sys.stdout)
`;

/** What only one of two lists has. */
function difference(query: string, ours: readonly string[], theirs: readonly string[]): string[] {
  const only = (label: string, list: readonly string[], others: readonly string[]): string[] =>
    list.filter((name) => !others.includes(name)).map((name) => `${query}: only ${label}: ${name}`);
  return [...only('here', ours, theirs), ...only('dnf', theirs, ours)];
}

describeWithTools(['dnf', 'shared data'], 'yum/file-subjects beside dnf', () => {
  it('finds the packages that dnf repoquery finds', async () => {
    const repository = join(SHARED_DATA ?? '', 'rpm/pgdg-common-el8');
    const directory = mkdtempSync(join(tmpdir(), 'mirror-repoquery-'));
    const rig = await createRig(repository);
    try {
      const input = JSON.stringify(QUERIES.map(([, filters]) => filters));
      const answer = execFileSync('/usr/bin/python3', ['-c', ASK, directory, repository], { input, encoding: 'utf8', maxBuffer: 1 << 26 });
      const wanted = JSON.parse(answer) as string[][];
      const candidates = await rig.load({ verify: [] }, await rig.refresh({ verify: [] }));
      const differences: string[] = [];
      for (const [index, [text]] of QUERIES.entries()) {
        const query = parseQuery(text);
        const subjects = await fileSubjects(candidates, fieldTests(query, yumFamily.compareVersions), rig.blobs);
        const matches = matcher(query, yumFamily.compareVersions);
        const found = candidates.filter((candidate) => matches(subjects.subject(candidate)));
        differences.push(...difference(text, found.map(yumFamily.label), wanted[index] ?? []));
      }
      expect(differences).toEqual([]);
      expect(wanted.filter((found) => found.length > 0).length).toBeGreaterThan(30);
    } finally {
      await rig.close();
      rmSync(directory, { recursive: true, force: true });
    }
  }, 60_000);
});
