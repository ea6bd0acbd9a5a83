import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMirror } from '../../../src/cli/program.ts';
import { openWorkplace, type Workplace } from '../../ops/operation-context.ts';
import { pkg, writePackage } from '../../ops/stored-packages.ts';
import { collector } from '../collector.ts';

describe('cli/commands/snapshot', () => {
  let place: Workplace;
  beforeAll(async () => {
    place = await openWorkplace('repos: { january: { type: apt }, february: { type: apt } }\n');
    const folder = join(place.root, 'debs');
    mkdirSync(folder);
    const january = [pkg('app_1_amd64', { Depends: 'lib' }), pkg('lib_1_amd64')].map((spec) => writePackage(folder, spec));
    const february = [pkg('app_2_amd64', { Depends: 'lib, extra' }), pkg('extra_1_all')].map((spec) => writePackage(folder, spec));
    await ok('repo', 'add', 'january', ...january);
    await ok('repo', 'add', 'february', ...february);
  });
  afterAll(() => place.close());

  async function mirror(...argv: readonly string[]) {
    const [stdout, stderr] = [collector(), collector()];
    const signal = new AbortController().signal;
    const status = await runMirror(argv, { stdout, stderr, environment: {}, cwd: place.root, signal });
    return { status, stdout: stdout.text(), stderr: stderr.text() };
  }
  async function ok(...argv: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await mirror(...argv);
    if (status !== 0) throw new Error(`mirror ${argv.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }

  it('goes through the verbs', async () => {
    expect(await ok('snapshot', 'create', 'old', '--from', 'january')).toMatch(/^snapshot old: 2 packages, /);
    await ok('snapshot', 'create', 'fresh', '--from', 'february');
    await ok('snapshot', 'create', 'empty', '--empty', '--type', 'yum');
    expect(await ok('snapshot', 'pull', 'old', 'fresh', 'fixed', 'app', '--dry-run')).toBe(
      '- app_1_amd64\n+ app_2_amd64\n+ extra_1_all\nnot created: this is a dry run\n',
    );
    await ok('snapshot', 'pull', 'old', 'fresh', 'only', 'app', '--no-deps', '--no-remove');
    expect(await ok('query', 'only')).toBe('app_1_amd64\napp_2_amd64\nlib_1_amd64\n');
    await ok('snapshot', 'merge', 'both', 'old', 'fresh', '--latest');
    expect(await ok('query', 'both')).toBe('app_2_amd64\nextra_1_all\nlib_1_amd64\n');
    await ok('snapshot', 'filter', 'both', 'some', 'app', 'nothing | lib');
    expect(await ok('snapshot', 'show', 'some', '--packages')).toMatch(/\n\napp_2_amd64\nlib_1_amd64\n$/);
    const shown = JSON.parse(await ok('snapshot', 'show', 'some', '--packages', '--json'));
    expect(shown).toMatchObject({ name: 'some', packages: 2, labels: ['app_2_amd64', 'lib_1_amd64'] });
    expect(await ok('snapshot', 'diff', 'old', 'both')).toContain('!  amd64  app      1    2\n');
    const diff = JSON.parse(await ok('snapshot', 'diff', 'old', 'both', '--only-matching', '--json'));
    expect(diff.differences).toEqual([{ name: 'app', architecture: 'amd64', left: '1', right: '2' }]);
    expect(await ok('snapshot', 'verify', 'both')).toContain('is there\n');
    const verified = await mirror('snapshot', 'verify', 'some', '--json');
    expect(verified.status).toBe(1);
    expect(JSON.parse(verified.stdout).missing).toEqual([{ requirement: 'extra', neededBy: ['app_2_amd64'] }]);
    expect((await mirror('snapshot', 'verify', 'some', 'february')).status).toBe(0);
    await ok('snapshot', 'rename', 'some', 'few');
    const byTime = JSON.parse(await ok('snapshot', 'list', '--sort', 'time', '--json')) as { name: string }[];
    expect(byTime.map(({ name }) => name)).toEqual(['old', 'fresh', 'empty', 'only', 'both', 'few']);
    expect(await ok('snapshot', 'drop', 'few', 'both')).toBe('dropped few\ndropped both\n');
    expect(await ok('snapshot', 'list')).not.toContain('both');
  });

  it.each([
    [['create', 'new'], 'say what the snapshot is made from'],
    [['create', 'new', '--empty'], 'Use --from NAME, or --empty --type apt.'],
    [['create', 'new', '--empty', '--from', 'january'], "option '--empty' cannot be used with option '--from"],
    [['merge', 'new', 'january', 'february', '--latest', '--keep-all'], "option '--latest' cannot be used with option '--keep-all'"],
    [['merge', 'new'], "missing required argument 'sources'"],
    [['drop', 'nothing'], 'no snapshot is named "nothing"'],
  ])('refuses %j', async (argv, message) => {
    const { status, stdout, stderr } = await mirror('snapshot', ...argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
