import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CreaterepoReport } from '../../src/ops/createrepo.ts';
import { parseRepomd, type Repomd } from '../../src/yum/format/repodata/repomd.ts';
import { createDnfClient } from '../support/dnf-client.ts';
import { mirror, mirrorJson, PROGRAM, run, succeed } from '../support/program.ts';
import { describeWithTools, SHARED_DATA } from '../support/requirements.ts';
import { compareMetadata } from '../yum/createrepo-c.ts';
import { readDatabases } from '../yum/databases.ts';
import { type SmallRpm, smallRpm } from '../yum/small-rpm.ts';

const COMPS = `<?xml version="1.0" encoding="UTF-8"?>
<comps><group><id>core</id><name>Core</name><description/><default>true</default><uservisible>true</uservisible>
<packagelist><packagereq type="mandatory">alpha</packagereq></packagelist></group></comps>
`;

let root: string;
let packages: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mirror-createrepo-'));
  packages = join(root, 'packages');
  mkdirSync(join(packages, 'sub/deep'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, spec: SmallRpm): string {
  const file = join(packages, path);
  writeFileSync(file, smallRpm(spec));
  utimesSync(file, 1_700_000_000, 1_700_000_000);
  return file;
}

function putSome(): void {
  put('alpha-1.0-1.noarch.rpm', { name: 'alpha', files: ['/etc/alpha.conf', '/usr/share/alpha/data'], requires: ['beta', '/bin/sh'] });
  put('sub/beta-1.0-1.noarch.rpm', { name: 'beta', files: ['/usr/bin/beta'] });
  put('sub/deep/alpha-0.9-1.noarch.rpm', { name: 'alpha', version: '0.9' });
  put('sub/gamma+x-1.0-1.noarch.rpm', { name: 'gamma+x' });
}

async function createrepo(...args: readonly string[]): Promise<CreaterepoReport> {
  return (await mirrorJson(['createrepo', packages, ...args])) as CreaterepoReport;
}

function repomdIn(directory: string = packages): Repomd {
  return parseRepomd(readFileSync(join(directory, 'repodata/repomd.xml')), 'repomd.xml');
}

/** Everything in repodata with its content and time. */
function stateOf(directory: string): Record<string, string> {
  const repodata = join(directory, 'repodata');
  return Object.fromEntries(
    readdirSync(repodata)
      .sort()
      .map((name) => [name, `${statSync(join(repodata, name)).mtimeMs} ${digest(join(repodata, name))}`]),
  );
}

function digest(path: string, algorithm = 'sha256'): string {
  return createHash(algorithm).update(readFileSync(path)).digest('hex');
}

/** Files that repomd.xml names and that are not there as it says. */
function broken(directory: string): string[] {
  return repomdIn(directory)
    .records.filter(
      ({ path, checksum }) => !existsSync(join(directory, path)) || digest(join(directory, path), checksum.algorithm) !== checksum.value,
    )
    .map(({ path }) => path);
}

describeWithTools(['createrepo_c', 'python3-createrepo-c'], 'clients/createrepo: as createrepo_c', () => {
  /** Runs both, each into a directory of its own, and compares what came out. */
  async function both(args: readonly string[]): Promise<{ ours: string; theirs: string }> {
    const [ours, theirs] = [join(root, 'ours'), join(root, 'theirs')];
    for (const directory of [ours, theirs]) mkdirSync(directory, { recursive: true });
    await createrepo(...args, '--outputdir', ours);
    await succeed('createrepo_c', [
      '--quiet',
      ...(args.includes('--database') ? [] : ['--no-database']),
      ...args,
      '--outputdir',
      theirs,
      packages,
    ]);
    return { ours, theirs };
  }

  const cases: readonly (readonly string[])[] = [
    [],
    ['--excludes', 'alpha*'],
    ['--excludes', 'sub/*a-1.0*', '--excludes', 'dee?'],
    ['--includepkg', 'sub/beta-1.0-1.noarch.rpm', '--includepkg', 'alpha-1.0-1.noarch.rpm'],
    ['--skip-symlinks'],
    ['--location-prefix', 'over/there/', '--cut-dirs', '1'],
    ['--cut-dirs', '9'],
    ['--baseurl', 'http://example.com/a?b&c'],
    ['--baseurl', '/srv/a'],
    ['--repomd-checksum', 'sha512'],
    ['--checksum', 'sha512', '--repomd-checksum', 'sha1', '--simple-md-filenames'],
    ['--verbose', '--pretty', '--cachedir', 'cache', '--local-sqlite', '--error-exit-val'],
    ['--checksum', 'sha512'],
    ['--checksum', 'sha'],
    ['--checksum', 'sha1', '--changelog-limit', '0'],
    ['--general-compress-type', 'xz'],
    ['--simple-md-filenames', '--content', 'a', '--content', 'b', '--repo', 'r', '--distro', 'cpe:/o:x,The <X>', '--distro', 'Y'],
    ['--revision', '1600000000', '--set-timestamp-to-revision'],
  ];
  it.each(cases.map((args) => [args.join(' ') || 'no options', args] as const))('%s', async (_, args) => {
    putSome();
    symlinkSync(join(packages, 'sub/beta-1.0-1.noarch.rpm'), join(packages, 'linked.rpm'));
    const { ours, theirs } = await both(args);
    const { differences } = await compareMetadata(join(ours, 'repodata'), join(theirs, 'repodata'));
    expect(differences).toEqual([]);
    const facts = (directory: string): unknown => {
      const { records, revision, tags } = repomdIn(directory);
      const named = records.map(({ type, path, checksum, timestamp }) => [
        type,
        path.replace(checksum.value, 'HASH'),
        checksum.algorithm,
        args.includes('--revision') ? timestamp : 0,
      ]);
      return [named, tags, args.includes('--revision') ? revision : ''];
    };
    expect(facts(ours)).toEqual(facts(theirs));
    expect(broken(ours)).toEqual([]);
  });

  it('takes the packages of a list only', async () => {
    putSome();
    const list = join(root, 'list');
    writeFileSync(list, 'sub/deep/alpha-0.9-1.noarch.rpm\nalpha-1.0-1.noarch.rpm\n');
    const { ours, theirs } = await both(['--pkglist', list]);
    expect(await compareMetadata(join(ours, 'repodata'), join(theirs, 'repodata'))).toEqual({ packages: 2, differences: [] });
  });

  it('adds groups and modules', async () => {
    putSome();
    writeFileSync(join(packages, 'comps.xml'), COMPS);
    writeFileSync(
      join(packages, 'sub/m.modulemd.yaml'),
      '---\ndocument: modulemd\nversion: 2\ndata:\n  name: m\n  stream: "1.10"\n  version: 1\n  context: abcd\n  arch: x86_64\n  summary: s\n  description: d\n  license: {module: [MIT]}\n...\n',
    );
    const { ours, theirs } = await both(['--groupfile', join(packages, 'comps.xml'), '--compress-type', 'xz']);
    const types = (directory: string): string[] =>
      repomdIn(directory).records.map(({ type, path }) => `${type} ${path.replace(/^.*?-/, '')}`);
    expect(types(ours)).toEqual(types(theirs));
    expect(broken(ours)).toEqual([]);
  });

  it.each([['gz'], ['xz']])('takes over what createrepo_c has written (%s), also with databases', async (compression) => {
    putSome();
    await succeed('createrepo_c', ['--quiet', '--no-database', '--general-compress-type', compression, packages]);
    put('zulu.rpm', { name: 'zulu' });
    const done = await createrepo('--update', '--database');
    expect([done.reused, done.read]).toEqual([4, 1]);
    const theirs = join(root, 'theirs');
    mkdirSync(theirs);
    await succeed('createrepo_c', ['--quiet', '--database', '--compress-type', 'gz', '-o', theirs, packages]);
    expect((await compareMetadata(join(packages, 'repodata'), join(theirs, 'repodata'))).differences).toEqual([]);
    expect(readDatabases(join(packages, 'repodata'))).toEqual(readDatabases(join(theirs, 'repodata')));
    expect((await createrepo('--update', '--database')).unchanged).toBe(true);
    expect((await createrepo('--update')).unchanged).toBe(false);
    expect(repomdIn().records).toHaveLength(3);
  });

  describeWithTools(['shared data'], 'real packages', () => {
    it('has the same values of all of them, also in the databases', { timeout: 120_000 }, async () => {
      for (const file of globSync('**/*.rpm', { cwd: SHARED_DATA ?? '' }))
        symlinkSync(join(SHARED_DATA ?? '', file), join(packages, 'sub', file.replaceAll('/', '__')));
      const ours = join(root, 'ours');
      const theirs = join(root, 'theirs');
      mkdirSync(theirs);
      await run(process.execPath, [PROGRAM, 'createrepo', packages, '-o', ours, '-d', '--workers', '2']);
      // It ends with 2 where a package cannot be read.
      await run('createrepo_c', ['--quiet', '--database', '--compress-type', 'gz', '-o', theirs, packages]);
      const compared = await compareMetadata(join(ours, 'repodata'), join(theirs, 'repodata'));
      expect(compared.differences).toEqual([]);
      expect(compared.packages).toBeGreaterThan(500);
      const [mine, its] = [readDatabases(join(ours, 'repodata')), readDatabases(join(theirs, 'repodata'))];
      expect([...mine.keys()]).toEqual([...its.keys()]);
      for (const [table, rows] of its) expect(mine.get(table), table).toEqual(rows);
    });
  });
});

describe('clients/createrepo', () => {
  it('leaves everything as it is where nothing has changed', async () => {
    putSome();
    await createrepo();
    const before = stateOf(packages);
    const again = await createrepo('--update');
    expect([again.unchanged, again.packages, again.reused, again.read]).toEqual([true, 4, 4, 0]);
    expect(stateOf(packages)).toEqual(before);
  });

  it('with --update reads only what is new or has changed, and says as much as a run that reads all', async () => {
    putSome();
    await createrepo();
    put('new-1.0-1.noarch.rpm', { name: 'new' });
    const changed = put('sub/beta-1.0-1.noarch.rpm', { name: 'beta', files: ['/usr/bin/better'] });
    utimesSync(changed, 1_700_000_001, 1_700_000_001);
    rmSync(join(packages, 'sub/deep/alpha-0.9-1.noarch.rpm'));
    const updated = await createrepo('--update');
    expect([updated.unchanged, updated.packages, updated.reused, updated.read]).toEqual([false, 4, 2, 2]);
    await createrepo('--outputdir', join(root, 'anew'));
    const open = (directory: string): unknown => repomdIn(directory).records.map(({ openChecksum }) => openChecksum?.value);
    expect(open(packages)).toEqual(open(join(root, 'anew')));
    expect(readdirSync(join(packages, 'repodata'))).toHaveLength(4);
  });

  it('with --update reads again what another checksum, base or prefix is asked for', async () => {
    putSome();
    await createrepo();
    for (const args of [
      ['--checksum', 'sha512'],
      ['--baseurl', 'http://example.com/'],
      ['--location-prefix', 'x'],
    ]) {
      expect((await createrepo('--update', ...args)).read, args.join(' ')).toBe(4);
    }
  });

  it('with --update leaves metadata as it is, or makes it anew with other checksums', async () => {
    putSome();
    await createrepo('--repomd-checksum', 'sha512', '--database');
    expect(await createrepo('--repomd-checksum', 'sha512', '--database', '--update')).toMatchObject({ unchanged: true });
    expect(await createrepo('--database', '--update')).toMatchObject({ unchanged: false, read: 0, reused: 4 });
    expect([...new Set(repomdIn().records.map(({ checksum }) => checksum.algorithm))]).toEqual(['sha256']);
    expect(broken(packages)).toEqual([]);
  });

  it('with --read-pkgs-list writes down what was read', async () => {
    putSome();
    writeFileSync(join(packages, 'damaged.rpm'), 'no package');
    const list = join(root, 'read');
    const read = async (...args: readonly string[]): Promise<string> => {
      await mirror(['createrepo', packages, '--location-prefix', 'x', '--read-pkgs-list', list, ...args]);
      return readFileSync(list, 'utf8');
    };
    const all = ['alpha-1.0-1.noarch.rpm', 'sub/beta-1.0-1.noarch.rpm', 'sub/deep/alpha-0.9-1.noarch.rpm', 'sub/gamma+x-1.0-1.noarch.rpm'];
    expect((await read()).split('\n').sort()).toEqual(['', ...all]);
    utimesSync(join(packages, 'sub/beta-1.0-1.noarch.rpm'), 1_700_000_001, 1_700_000_001);
    expect(await read('--update')).toBe('sub/beta-1.0-1.noarch.rpm\n');
    expect(await read('--update')).toBe('');
  });

  it('with -q says nothing where all is well, and what was left out', async () => {
    putSome();
    expect(await mirror(['createrepo', '-q', packages])).toMatchObject({ status: 0, stdout: '', stderr: '' });
    writeFileSync(join(packages, 'damaged.rpm'), 'no package');
    const partly = await mirror(['createrepo', packages, '-q']);
    expect([partly.status, partly.stdout.includes('damaged.rpm is cut short'), partly.stderr]).toEqual([3, true, '']);
  });

  it('with --update does not replace a repomd.xml that cannot be read, and says how to go on', async () => {
    putSome();
    mkdirSync(join(packages, 'repodata'));
    writeFileSync(join(packages, 'repodata/repomd.xml'), '');
    const refused = await mirror(['createrepo', packages, '--update']);
    expect([refused.status, refused.stderr.includes('Without --update it is made anew')]).toEqual([1, true]);
    expect(await createrepo()).toMatchObject({ packages: 4 });
  });

  it('with --skip-stat takes a name for the package', async () => {
    putSome();
    await createrepo();
    utimesSync(join(packages, 'alpha-1.0-1.noarch.rpm'), 5, 5);
    expect((await createrepo('--update', '--skip-stat')).unchanged).toBe(true);
    expect((await createrepo('--update')).read).toBe(1);
  });

  it('keeps metadata besides packages with --update, and says what is lost without', async () => {
    putSome();
    writeFileSync(join(packages, 'comps.xml'), COMPS);
    await createrepo('--groupfile', 'comps.xml');
    put('new-1.0-1.noarch.rpm', { name: 'new' });
    const kept = await createrepo('--update');
    expect(kept.lost).toEqual([]);
    expect(repomdIn().records.map(({ type }) => type)).toEqual(['primary', 'filelists', 'other', 'group', 'group_gz']);
    expect(broken(packages)).toEqual([]);
    const said = await mirror(['createrepo', packages]);
    expect(said.stderr).toContain('group');
    expect(said.stderr).toContain('--update');
    expect(repomdIn().records.map(({ type }) => type)).toEqual(['primary', 'filelists', 'other']);
  });

  it('drops a signature of the old metadata, and keeps files that are not its own', async () => {
    putSome();
    await createrepo();
    writeFileSync(join(packages, 'repodata/repomd.xml.asc'), 'signature');
    writeFileSync(join(packages, 'repodata/note.txt'), 'mine');
    await createrepo();
    expect(
      readdirSync(join(packages, 'repodata'))
        .filter((name) => !name.endsWith('.gz'))
        .sort(),
    ).toEqual(['note.txt', 'repomd.xml']);
  });

  it.each([
    ['--retain-old-md 0', ['--retain-old-md', '0'], 3],
    ['--retain-old-md 1', ['--retain-old-md', '1'], 6],
    ['--retain-old-md 1 --compatibility', ['--retain-old-md', '1', '--compatibility', '--no-database'], 3],
    ['--retain-old-md-by-age 1d', ['--retain-old-md-by-age', '1d'], 3],
  ] as const)('%s', async (_, args, left) => {
    putSome();
    await createrepo();
    const old = new Date(Date.now() - 3 * 86_400_000);
    for (const name of readdirSync(join(packages, 'repodata'))) utimesSync(join(packages, 'repodata', name), old, old);
    put('second.rpm', { name: 'second' });
    await createrepo('--retain-old-md', '5');
    put('third.rpm', { name: 'third' });
    await createrepo(...args);
    expect(readdirSync(join(packages, 'repodata')).length - 4).toBe(left);
  });

  it('names what cannot be read, lists the others, and ends with 3', async () => {
    putSome();
    writeFileSync(join(packages, 'broken.rpm'), 'no package at all');
    writeFileSync(join(packages, 'cut.rpm'), smallRpm({ name: 'cut' }).subarray(0, 300));
    const done = await mirror(['createrepo', packages, '--json']);
    expect(done.status).toBe(3);
    const report = JSON.parse(done.stdout) as CreaterepoReport;
    expect(report.packages).toBe(4);
    expect(report.unreadable.map(({ path }) => path).sort()).toEqual([join(packages, 'broken.rpm'), join(packages, 'cut.rpm')]);
    expect(broken(packages)).toEqual([]);
    const again = await mirror(['createrepo', packages, '--update', '--json']);
    expect([again.status, (JSON.parse(again.stdout) as CreaterepoReport).reused]).toEqual([3, 4]);
  });

  it('does not wait for named pipes, wherever a file should be', { timeout: 30_000 }, async () => {
    putSome();
    await createrepo();
    const pipe = async (path: string): Promise<void> => {
      rmSync(path, { force: true });
      await succeed('mkfifo', [path]);
    };
    await pipe(join(packages, 'pipe.rpm'));
    writeFileSync(join(root, 'list'), 'pipe.rpm\nsub/beta-1.0-1.noarch.rpm\n');
    const listed = await mirror(['createrepo', packages, '--pkglist', join(root, 'list'), '--json']);
    const { packages: count, unreadable } = JSON.parse(listed.stdout) as CreaterepoReport;
    expect([listed.status, count, unreadable]).toEqual([
      3,
      1,
      [{ path: join(packages, 'pipe.rpm'), reason: `${join(packages, 'pipe.rpm')} is not a regular file` }],
    ]);
    for (const { path } of repomdIn().records) await pipe(join(packages, path));
    expect(await createrepo('--update')).toMatchObject({ packages: 4, reused: 0 });
    await pipe(join(packages, 'repodata/repomd.xml'));
    expect(await createrepo()).toMatchObject({ packages: 4 });
    expect(broken(packages)).toEqual([]);
  });

  it('leaves packages out whose names metadata cannot hold, and shows no name as more than text', async () => {
    putSome();
    put('escape\x1b[31m.rpm', { name: 'escape' });
    put('line\nend.rpm', { name: 'alpha' });
    const done = await mirror(['createrepo', packages]);
    expect([done.status, `${done.stdout}${done.stderr}`.includes('\x1b')]).toEqual([3, false]);
    expect(done.stdout).toContain('control characters');
    expect(done.stdout).toContain('alpha-1.0-1.noarch.rpm, line end.rpm');
    const text = gunzipSync(readFileSync(join(packages, repomdIn().records.find(({ type }) => type === 'primary')?.path ?? ''))).toString();
    expect([text.includes('href="line&#10;end.rpm"'), text.includes('escape')]).toEqual([true, false]);
  });

  it('takes groups from a file of any name', async () => {
    for (const name of ['primary.xml', 'repomd.xml', 'journal.json', 'modules.yaml']) {
      writeFileSync(join(root, name), COMPS);
      for (const names of ['--simple-md-filenames', '--unique-md-filenames']) {
        await createrepo('--groupfile', join(root, name), names);
        expect([name, names, broken(packages)]).toEqual([name, names, []]);
        expect(repomdIn().records.find(({ type }) => type === 'group')?.path).toMatch(/comps\.xml$/);
      }
    }
  });

  it('names packages and files that are there twice', async () => {
    putSome();
    copyFileSync(join(packages, 'alpha-1.0-1.noarch.rpm'), join(packages, 'sub/copy.rpm'));
    put('sub/other.rpm', { name: 'beta', files: ['/another'] });
    const { duplicates } = await createrepo();
    expect(duplicates.sameName.map(({ key }) => key)).toEqual(['alpha-0:1.0-1.noarch', 'beta-0:1.0-1.noarch']);
    expect(duplicates.sameContent.map(({ paths }) => paths)).toEqual([['alpha-1.0-1.noarch.rpm', 'sub/copy.rpm']]);
  });

  it('makes an empty repository of an empty directory, and says so', async () => {
    const done = await mirror(['createrepo', packages]);
    expect([done.status, broken(packages)]).toEqual([0, []]);
    expect(done.stdout).toContain('the repository is empty');
  });

  it('gives the same bytes for the same packages and SOURCE_DATE_EPOCH, whatever the number of workers', async () => {
    for (let index = 0; index < 2100; index++) put(`sub/p${index}.rpm`, { name: `p${index}`, files: [`/usr/share/p${index}`] });
    const states = [];
    for (const workers of ['1', '3']) {
      const done = await mirror(['createrepo', packages, '--workers', workers, '-o', join(root, workers)], {
        env: { SOURCE_DATE_EPOCH: '1700000000' },
      });
      expect(done.status).toBe(0);
      states.push(stateOf(join(root, workers)));
    }
    expect(states[0]).toEqual(states[1]);
    expect(repomdIn(join(root, '1')).revision).toBe('1700000000');
  });

  it('leaves the old or the new metadata wherever it is killed, and goes on', { timeout: 120_000 }, async () => {
    for (let index = 0; index < 2100; index++) put(`sub/p${index}.rpm`, { name: `p${index}`, files: [`/usr/share/p${index}`] });
    await createrepo();
    for (let round = 0; round < 8; round++) {
      put('changing.rpm', { name: 'changing', version: String(round) });
      await mirror(['createrepo', packages, '--update'], {
        started: (child) => void setTimeout(() => child.kill('SIGKILL'), 120 + 60 * round),
      });
      expect(broken(packages), `round ${round}`).toEqual([]);
    }
    await createrepo('--update');
    expect(broken(packages)).toEqual([]);
    expect(readdirSync(packages).sort()).toEqual(['.repodata.cache', '.repodata.lock', 'changing.rpm', 'repodata', 'sub']);
    expect(readdirSync(join(packages, 'repodata'))).toHaveLength(4);
  });

  it('ends soon when it is interrupted while it reads packages that take minutes', { timeout: 30_000 }, async () => {
    for (let index = 0; index < 100; index++) truncateSync(put(`p${index}.rpm`, { name: `p${index}` }), 2 ** 31);
    const done = await mirror(['createrepo', packages], {
      started: (child) => child.stderr?.on('data', (text) => String(text).includes('reading') && child.kill('SIGINT')),
    });
    expect([done.status, existsSync(join(packages, 'repodata')), readdirSync(packages)]).toEqual([
      130,
      false,
      expect.not.arrayContaining(['.repodata.new']),
    ]);
  });

  it('keeps the old metadata where nothing can be written', async () => {
    for (let index = 0; index < 50; index++) put(`sub/p${index}.rpm`, { name: `p${index}`, files: [`/usr/share/p${index}`] });
    await createrepo();
    const before = stateOf(packages);
    put('new.rpm', { name: 'new' });
    const done = await run('sh', ['-c', 'ulimit -f 0; exec "$@"', 'sh', process.execPath, PROGRAM, 'createrepo', packages]);
    expect(done.status).toBe(1);
    expect(done.stderr).toContain('STORAGE');
    expect(stateOf(packages)).toEqual(before);
    expect(readdirSync(packages)).not.toContain('.repodata.new');
  });

  it('waits for another run on the same directory', { timeout: 60_000 }, async () => {
    putSome();
    const runs = await Promise.all(Array.from({ length: 4 }, () => mirror(['createrepo', packages])));
    expect(runs.map(({ status, stderr }) => [status, status === 0 ? '' : stderr])).toEqual(runs.map(() => [0, '']));
    expect(broken(packages)).toEqual([]);
    expect(readdirSync(packages)).not.toContain('.repodata.new');
  });

  it('refuses what it cannot do', async () => {
    for (const [args, said] of [
      [['--general-compress-type', 'bz2'], 'gz, xz and zstd'],
      [['--checksum', 'crc'], 'sha256'],
      [['--set-timestamp-to-revision'], '--revision'],
      [['--retain-old-md-by-age', '3w'], 'm, h or d'],
      [['--workers', '0'], 'at least 1'],
    ] as const) {
      const done = await mirror(['createrepo', packages, ...args]);
      expect([done.status, done.stderr.includes(said)], `${args.join(' ')}: ${done.stderr}`).toEqual([2, true]);
    }
    expect((await mirror(['createrepo', join(root, 'nowhere')])).status).toBe(1);
    writeFileSync(join(root, 'file'), '');
    const address = await mirror(['createrepo', packages, '--includepkg', 'http://example.com/a.rpm', '--outputdir', join(root, 'other')]);
    expect([address.status, address.stdout.includes('http://example.com/a.rpm: packages are taken from files')]).toEqual([3, true]);
    const onFile = await mirror(['createrepo', packages, '--outputdir', join(root, 'file')]);
    expect([onFile.status, onFile.stderr.includes('(STORAGE)')]).toEqual([1, true]);
    expect(existsSync(join(packages, 'repodata'))).toBe(false);
  });
});

describeWithTools(['dnf'], 'clients/createrepo: what dnf reads', () => {
  it.each([['gz'], ['xz'], ['zstd']])('%s', { timeout: 60_000 }, async (compression) => {
    putSome();
    writeFileSync(join(packages, 'comps.xml'), COMPS);
    await createrepo('--general-compress-type', compression, '--groupfile', 'comps.xml');
    const client = createDnfClient(join(root, 'client'));
    client.repositories(`[test]\nname=test\nbaseurl=file://${packages}/\ngpgcheck=0\n`);
    const listed = await client.dnf('repoquery', '--qf', '%{name}-%{version}', '--quiet');
    expect(listed.stdout.trim().split('\n').sort()).toEqual(['alpha-0.9', 'alpha-1.0', 'beta-1.0', 'gamma+x-1.0']);
    expect((await client.dnf('repoquery', '--quiet', '--file', '/usr/share/alpha/data')).stdout).toContain('alpha');
    expect((await client.dnf('group', 'list', '--hidden')).stdout).toContain('Core');
    const downloaded = await client.dnf('install', '--downloadonly', `--downloaddir=${join(root, 'down')}`, 'beta', 'gamma+x');
    expect([downloaded.status, readdirSync(join(root, 'down')).sort()]).toEqual([0, ['beta-1.0-1.noarch.rpm', 'gamma+x-1.0-1.noarch.rpm']]);
  });
});
