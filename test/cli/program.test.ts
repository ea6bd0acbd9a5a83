import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runMirror } from '../../src/cli/program.ts';
import { MirrorError } from '../../src/core/errors.ts';
import { collector } from './collector.ts';

describe('cli/program', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mirror-cli-'));
  });
  afterEach(async () => await rm(directory, { recursive: true }));

  async function mirror(...argv: readonly string[]) {
    const stdout = collector();
    const stderr = collector();
    const signal = new AbortController().signal;
    const status = await runMirror(argv, { stdout, stderr, environment: {}, cwd: directory, signal });
    return { status, stdout: stdout.text(), stderr: stderr.text() };
  }

  it('prints its version', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await mirror('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('explains itself on standard output when asked, and on standard error when used without a command', async () => {
    const help = await mirror('--help');
    expect(help).toMatchObject({ status: 0, stderr: '' });
    for (const command of [
      'quickstart',
      'init',
      'add',
      'list',
      'show',
      'status',
      'query',
      'sync',
      'snapshot',
      'publish',
      'serve',
      'key',
      'client',
    ]) {
      expect(help.stdout).toContain(`\n  ${command} `);
    }
    expect(await mirror()).toMatchObject({ status: 2, stdout: '', stderr: help.stdout });
    expect((await mirror('sync', '--help')).stdout).toContain('--metadata-only');
  });

  it.each<[argv: string[], stderr: string]>([
    [['syn'], "mirror: unknown command 'syn' (USAGE)\n  Did you mean sync?\n"],
    [['sync', '--dry-rum'], "mirror sync: unknown option '--dry-rum' (USAGE)\n  Did you mean --dry-run?\n"],
    [['show'], "mirror show: missing required argument 'name' (USAGE)\n  Run `mirror show --help` to see what it takes.\n"],
    [
      ['client', '--for', 'pip'],
      "mirror client: option '--for <client>' argument 'pip' is invalid. Allowed choices are apt, yum, containerd, docker, podman, ket, mke4. (USAGE)\n  Run `mirror client --help` to see what it takes.\n",
    ],
    [
      ['sync', '--dry-run', '--metadata-only'],
      "mirror sync: option '--dry-run' cannot be used with option '--metadata-only' (USAGE)\n  Run `mirror sync --help` to see what it takes.\n",
    ],
  ])('refuses %j', async (argv, stderr) => {
    expect(await mirror(...argv)).toEqual({ status: 2, stdout: '', stderr });
  });

  it('says what went wrong with a hint and the code, and gives it to programs with --json', async () => {
    await mirror('init');
    expect(await mirror('show', 'x')).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'mirror show: no mirror, group, repo, snapshot or publication is named "x" (NAME_UNKNOWN)\n  No mirror, group, repo, snapshot or publication is defined yet.\n',
    });
    const json = await mirror('show', 'x', '--json');
    expect(json.status).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({
      error: { code: 'NAME_UNKNOWN', hint: 'No mirror, group, repo, snapshot or publication is defined yet.' },
    });
    expect(JSON.parse((await mirror('--json', 'syn')).stdout)).toMatchObject({ error: { code: 'USAGE' } });
    expect(JSON.parse((await mirror('key', '--json')).stdout)).toMatchObject({
      error: { code: 'USAGE', hint: 'Run `mirror key --help`.' },
    });
  });

  it('adds no mirror with a key that is not there, and says when one has no key yet', async () => {
    await mirror('init');
    const missing = await mirror('add', 'apt', 'a', 'http://127.0.0.1:9/', 'stable', '--key', 'key.asc');
    expect(missing).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`${join(directory, 'key.asc')} does not exist (KEY_MISSING)`),
    });
    const several = await mirror('add', 'apt', 'a', 'http://127.0.0.1:9/', 'stable updates');
    expect(several).toMatchObject({ status: 2, stderr: expect.stringContaining('mirrors.a.suite') });
    const without = await mirror('add', 'apt', 'a', 'http://127.0.0.1:9/', 'stable');
    expect(without).toMatchObject({ status: 0, stdout: expect.stringContaining('mirrors.a.keys') });
  });

  it('lists the errors of a configuration so that an editor can go to them', async () => {
    const path = join(directory, 'mirror.yaml');
    await writeFile(path, 'storage: x\nhttp: { concurency: 3 }\nserve: { listen: 80 }\n');
    const { status, stderr } = await mirror('list');
    expect(status).toBe(2);
    expect(stderr.split('\n')).toEqual([
      'mirror list: the configuration has 2 errors (CONFIG_INVALID)',
      `${path}:2:9: http.concurency: unknown key; allowed: concurrency, retries, timeout, bandwidth, proxy, ca; did you mean "concurrency"?`,
      `${path}:3:18: serve.listen: 80 is a number here; allowed: a text: put it in quotes, "80"`,
      '',
    ]);
  });

  it('makes a configuration that it takes, with a key that only its owner can read', async () => {
    const made = await mirror('init', 'site', '--json');
    const { config, signingKey, fingerprint } = JSON.parse(made.stdout);
    expect(config).toBe(join(directory, 'site/mirror.yaml'));
    expect((await stat(signingKey)).mode & 0o777).toBe(0o600);
    expect(await mirror('list', '--json', '--config', config)).toEqual({ status: 0, stdout: '[]\n', stderr: '' });
    const keys = JSON.parse((await mirror('key', 'list', '--json', '--config', config)).stdout);
    expect(keys).toMatchObject([{ use: 'signing', fingerprint, problem: null }]);
    expect((await mirror('key', 'export', '--config', config)).stdout).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----\n[\s\S]*-----END/);
    const before = await readFile(config, 'utf8');
    expect(await mirror('init', 'site')).toMatchObject({ status: 2, stderr: expect.stringContaining('CONFIG_EXISTS') });
    expect(await readFile(config, 'utf8')).toBe(before);
  });

  it('adds mirrors that list and status then show, without anything having been synced', async () => {
    await mirror('init');
    await writeFile(join(directory, 'k.asc'), '');
    const apt = await mirror(
      'add',
      'apt',
      'main',
      'http://a.example.org/u',
      'xenial',
      'main',
      'universe',
      '--arch',
      'amd64',
      '--key',
      'k.asc',
      '--filter',
      'socat | attr',
      '--with-deps',
      '--publish',
    );
    expect(apt).toEqual({ status: 0, stdout: `added main to ${directory}/mirror.yaml\nNext: mirror sync main\n`, stderr: '' });
    expect(
      await mirror('add', 'yum', 'docker', 'http://a.example.org/$releasever/', '--var', 'releasever=7', '--mirrorlist'),
    ).toMatchObject({ status: 0 });
    expect(await readFile(join(directory, 'mirror.yaml'), 'utf8')).toContain('releasever: "7"');
    expect(await mirror('add', 'apt', 'ppa', 'ppa:a/b', 'xenial')).toMatchObject({ status: 0 });
    expect(JSON.parse((await mirror('list', '--json')).stdout)).toMatchObject(
      [
        { name: 'ppa', type: 'apt', ppa: 'a/b', suite: 'xenial', syncedAt: null },
        { name: 'docker', type: 'yum', mirrorlist: 'http://a.example.org/$releasever/' },
        {
          name: 'main',
          url: ['http://a.example.org/u'],
          components: ['main', 'universe'],
          filter: 'socat | attr',
          publications: ['main'],
          packages: 0,
          verified: null,
        },
      ].sort((a, b) => ['main', 'docker', 'ppa'].indexOf(a.name) - ['main', 'docker', 'ppa'].indexOf(b.name)),
    );
    expect((await readFile(join(directory, 'mirror.yaml'), 'utf8')).match(/keys: .*/)?.[0]).toBe('keys: [k.asc]');
    const status = JSON.parse((await mirror('status', '--json')).stdout);
    expect(status).toMatchObject({ storage: { path: join(directory, 'storage') }, publications: [], unpublished: ['main'] });
    expect(status.storage.freeBytes).toBeGreaterThan(0);
    expect((await mirror('status')).stdout).toContain('Never published: main');
    expect((await mirror('show', 'main')).stdout).toMatch(/Synced: +never/);
  });

  it('leaves the configuration alone when what is to be added is wrong', async () => {
    await mirror('init');
    const before = await readFile(join(directory, 'mirror.yaml'), 'utf8');
    expect(await mirror('add', 'apt', 'a', 'ftp://x/', 's')).toMatchObject({ status: 2, stderr: expect.stringContaining('mirrors.a.url') });
    expect(await mirror('add', 'apt', 'A', 'http://x/', 's')).toMatchObject({ status: 2, stderr: expect.stringContaining('NAME_INVALID') });
    expect(await mirror('add')).toMatchObject({ status: 2, stderr: expect.stringContaining('say what to add') });
    expect(await readFile(join(directory, 'mirror.yaml'), 'utf8')).toBe(before);
  });

  it('names what can be published', async () => {
    await mirror('init');
    expect(await mirror('publish')).toMatchObject({ status: 2, stderr: expect.stringContaining('name a publication (USAGE)') });
    expect(await mirror('publish', 'list', '--json')).toEqual({ status: 0, stdout: '[]\n', stderr: '' });
    expect(await mirror('client', '--for', 'apt')).toMatchObject({ status: 1, stderr: expect.stringContaining('NEVER_SYNCED') });
  });

  it('ends with 130 when it is interrupted', async () => {
    await mirror('init');
    await mirror('add', 'yum', 'a', 'http://127.0.0.1:9/');
    const controller = new AbortController();
    controller.abort(new MirrorError('ABORTED', 'interrupted by SIGINT'));
    const stderr = collector();
    const io = { stdout: collector(), stderr, environment: {}, cwd: directory, signal: controller.signal };
    expect(await runMirror(['sync'], io)).toBe(130);
    expect(stderr.text()).toContain('(ABORTED)');
  });
});
