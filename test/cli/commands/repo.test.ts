import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runMirror } from '../../../src/cli/program.ts';
import { packageOf } from '../../apt/format/packages-on-disk.ts';
import { collector } from '../collector.ts';

describe('cli/commands/repo', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mirror-cli-'));
    writeFileSync(join(directory, 'mirror.yaml'), '# mine\nstorage: storage\n');
    mkdirSync(join(directory, 'debs'));
    for (const name of ['one', 'two']) {
      writeFileSync(join(directory, `debs/${name}.deb`), packageOf({ control: `Package: ${name}\nVersion: 1:1\nArchitecture: all\n` }));
    }
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  async function mirror(...argv: readonly string[]) {
    const stdout = collector();
    const stderr = collector();
    const io = { stdout, stderr, environment: {}, cwd: directory, signal: new AbortController().signal };
    const status = await runMirror(['repo', ...argv], io);
    return { status, stdout: stdout.text(), stderr: stderr.text() };
  }
  const json = async (...argv: readonly string[]): Promise<unknown> => JSON.parse((await mirror(...argv, '--json')).stdout);

  it('creates, fills, shows and empties a repo', async () => {
    expect((await mirror('list')).stdout).toContain('mirror repo create');
    expect((await mirror('create', 'local')).stdout).toContain('added local to ');
    expect(readFileSync(join(directory, 'mirror.yaml'), 'utf8')).toBe('# mine\nstorage: storage\n\nrepos:\n  local:\n    type: apt\n');
    expect((await mirror('show', 'local')).stdout).toBe('Name      local\nType      apt\nPackages  0\nSize      0 B\nChanged   never\n');

    expect((await mirror('add', 'local', 'debs', '--dry-run')).stdout).toBe(
      'added one_1:1_all\nadded two_1:1_all\nlocal would have 2 packages\n',
    );
    expect((await mirror('add', 'local', 'debs/one.deb')).stdout).toBe('added one_1:1_all\nlocal has 1 package\n');
    expect((await mirror('add', 'local', 'debs')).stdout).toBe('added two_1:1_all\nunchanged one_1:1_all\nlocal has 2 packages\n');
    writeFileSync(join(directory, 'debs/one.deb'), packageOf({ control: 'Package: one\nVersion: 1:1\nArchitecture: all\nSection: x\n' }));
    expect(await mirror('add', 'local', 'debs')).toMatchObject({ status: 1, stderr: expect.stringContaining('PACKAGE_CONFLICT') });
    expect((await mirror('add', 'local', 'debs', '--force-replace')).stdout).toBe(
      'replaced one_1:1_all\nunchanged two_1:1_all\nlocal has 2 packages\n',
    );

    expect((await mirror('show', 'local', '--packages')).stdout).toMatch(/\n\none_1:1_all\ntwo_1:1_all\n$/);
    expect(await json('show', 'local', '--packages')).toMatchObject({ packages: 2, labels: ['one_1:1_all', 'two_1:1_all'] });
    expect(await json('list')).toMatchObject([{ name: 'local', type: 'apt', packages: 2, changed: expect.any(String) }]);
    expect((await mirror('list')).stdout).toMatch(/^REPO +TYPE +PACKAGES +SIZE +CHANGED\nlocal +apt +2 /);

    expect((await mirror('remove', 'local', 'one', 'two', '--dry-run')).stdout).toBe(
      'removed one_1:1_all\nremoved two_1:1_all\nlocal would have 0 packages\n',
    );
    expect((await mirror('remove', 'local', 'on?')).stdout).toBe('removed one_1:1_all\nlocal has 1 package\n');
    expect(await json('remove', 'local', 'two')).toEqual({ name: 'local', dryRun: false, removed: ['two_1:1_all'], packages: 0 });
  });

  it('writes keys into the configuration', async () => {
    expect(await mirror('create', 'local', '--key', 'none.asc')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('KEY_MISSING'),
    });
    writeFileSync(join(directory, 'key.asc'), '');
    await mirror('create', 'local', '--key', 'key.asc');
    expect(readFileSync(join(directory, 'mirror.yaml'), 'utf8')).toContain('    keys: [key.asc]\n');
    expect(await mirror('create', 'local')).toMatchObject({ status: 2, stderr: expect.stringContaining('CONFIG_EXISTS') });
    expect(await mirror('create', 'Local')).toMatchObject({ status: 2, stderr: expect.stringContaining('NAME_INVALID') });
    expect(await mirror('create', 'rpm', '--type', 'rpm')).toMatchObject({ status: 2, stderr: expect.stringContaining('USAGE') });
  });
});
