import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Measured, measure } from '../support/measure.ts';
import { PROGRAM, succeed } from '../support/program.ts';
import { MAKE_UPSTREAM } from '../support/requirements.ts';
import { buildRpm } from '../support/rpm-repository.ts';
import { FIND_BROKEN } from '../yum/libsolv.ts';
import { brokenByMirror, intoFile, row } from './check-results.ts';
import { serveByNginx } from './upstreams.ts';

/** Of a repository that is made. */
const PACKAGES = 20_000;

/** Every so many of the missing things stays missing. */
const LEFT_MISSING = 20;

interface Repository {
  readonly directory: string;
  readonly packages: number;
}

async function makeRepository(root: string, rpms: string | undefined): Promise<Repository> {
  const directory = join(root, 'repository');
  mkdirSync(directory);
  let files = rpms;
  if (files === undefined) {
    if (MAKE_UPSTREAM === undefined) throw new Error('make-upstream is not here: it makes the packages of this benchmark');
    await succeed(MAKE_UPSTREAM, ['--packages', String(PACKAGES), '--kinds', 'rpm', '--out', join(root, 'upstream')]);
    files = join(root, 'upstream/rpm');
  }
  symlinkSync(resolve(files), join(directory, 'packages'));
  await succeed('createrepo_c', ['--quiet', '--no-database', directory]);
  const missing = missingIn(readMetadata(directory)).filter((name, index) => name === '/bin/sh' || index % LEFT_MISSING !== 0);
  await buildRpm(join(directory, 'stub'), { name: 'stub', preamble: missing.map((name) => `Provides: ${name}`) });
  await succeed('createrepo_c', ['--quiet', '--no-database', '--update', directory]);
  const [, count = ''] = /packages="(\d+)"/.exec(readMetadata(directory)) ?? [];
  return { directory, packages: Number(count) };
}

function readMetadata(directory: string): string {
  const name = readdirSync(join(directory, 'repodata')).find((file) => file.endsWith('primary.xml.gz'));
  return gunzipSync(readFileSync(join(directory, 'repodata', name ?? ''))).toString('utf8');
}

/** The names that packages require and nothing provides, as far as spec files can state them. */
function missingIn(primary: string): string[] {
  const names = (list: string): string[] =>
    [...primary.matchAll(new RegExp(`<rpm:${list}>(.*?)</rpm:${list}>`, 'gs'))].flatMap(([, entries = '']) =>
      [...entries.matchAll(/name="([^"]*)"/g)].map(([, name = '']) => name),
    );
  const provided = new Set([...names('provides'), ...[...primary.matchAll(/<file[^>]*>([^<]*)</g)].map(([, path = '']) => path)]);
  return [...new Set(names('requires'))].filter((name) => !provided.has(name) && /^[\w/][\w.+/-]*$/.test(name)).sort();
}

/** Names from all over the repository. */
function chosen(directory: string, count: number): string[] {
  const names = [...readMetadata(directory).matchAll(/<name>([^<]*)</g)].map(([, name = '']) => name);
  return Array.from({ length: count }, (_, place) => names[Math.floor((place * names.length) / count)] ?? '');
}

interface Step {
  readonly root: string;
  readonly repository: Repository;
  readonly runs: number;
  readonly asked: number;
}

type Results = Readonly<Record<'ours' | 'libsolv' | 'oursAsked' | 'dnf', Measured[]>>;

async function measureAll({ root, repository, runs, asked }: Step, url: string): Promise<Results> {
  const { directory } = repository;
  const folder = join(root, 'mirror');
  mkdirSync(folder);
  const mirror = { type: 'yum', url: `${url}/`, verify: [] };
  writeFileSync(join(folder, 'mirror.yaml'), JSON.stringify({ storage: 'storage', mirrors: { upstream: mirror } }));
  await succeed(process.execPath, [PROGRAM, 'sync', '--metadata-only'], { cwd: folder });
  const check = (...args: readonly string[]): readonly string[] => [process.execPath, PROGRAM, 'check', 'upstream', ...args, '--json'];
  const settings = ['installroot', 'cachedir', 'persistdir', 'logdir', 'reposdir'].map(
    (name) => `--setopt=${name}=${join(root, 'dnf', name)}`,
  );
  mkdirSync(join(root, 'dnf/logdir'), { recursive: true });
  const options = ['--quiet', '--releasever=9', ...settings, '--setopt=install_weak_deps=False', '--forcearch=x86_64', '--nogpgcheck'];
  const repo = [`--repofrompath=upstream,file://${directory}`, '--repo=upstream'];
  await succeed('dnf', [...options, ...repo, 'makecache']);
  const names = chosen(directory, asked);
  const [ours, theirs] = [join(root, 'ours'), join(root, 'theirs')];
  const results: Results = { ours: [], libsolv: [], oursAsked: [], dnf: [] };
  for (let round = 1; round <= runs; round += 1) {
    results.ours.push(await measure(intoFile(ours, check('--all')), { cwd: folder }));
    results.libsolv.push(await measure(intoFile(theirs, ['/usr/bin/python3', '-c', FIND_BROKEN, directory])));
    const [mine, its] = [brokenByMirror(ours).join('\n'), readFileSync(theirs, 'utf8').trim().split('\n').sort().join('\n')];
    if (mine !== its) throw new Error(`not the same are broken:\n${mine}\n\n${its}`);
    results.oursAsked.push(await measure(intoFile(ours, check('--install', names.join(','))), { cwd: folder }));
    const resolveEach = `for name in ${names.join(' ')}; do "$@" --assumeno install "$name" || true; done`;
    results.dnf.push(await measure(intoFile(theirs, ['sh', '-c', resolveEach, 'sh', 'dnf', ...options, ...repo, '--cacheonly'])));
  }
  return results;
}

export interface YumBenchmark {
  readonly runs: number;
  /** How many packages are proved by name. */
  readonly asked: number;
  /** A folder of .rpm files to make the repository of. */
  readonly rpms?: string | undefined;
}

/**
 * Makes a yum repository of 20,000 packages with make-upstream, or of the .rpm files of a folder, and has one package more provide most of what
 * is missing there. Measures `mirror check` beside libsolv, which must find the same broken, and beside dnf. Gives a table of medians.
 */
export async function benchYum({ runs, asked, rpms }: YumBenchmark): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'mirror-bench-check-yum-'));
  try {
    const repository = await makeRepository(root, rpms);
    const { url, close } = await serveByNginx(join(root, 'nginx'), repository.directory, { probe: 'repodata/repomd.xml' });
    try {
      const results = await measureAll({ root, repository, runs, asked }, url);
      const lines = [
        `${repository.packages} packages; the same ones are broken to both. Medians of ${runs} runs.`,
        '',
        '| | processor time | wall time | peak memory |',
        '| --- | --- | --- | --- |',
        row('`mirror check --all`, with the reasons', results.ours),
        row('libsolv, each package alone', results.libsolv),
        row(`\`mirror check --install\` of ${asked} packages`, results.oursAsked),
        row(`${asked} times \`dnf --assumeno install\``, results.dnf),
      ];
      return `${lines.join('\n')}\n`;
    } finally {
      await close();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
