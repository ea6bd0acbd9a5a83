import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { compareSync } from 'bcryptjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runMirror } from '../../../src/cli/program.ts';
import { collector } from '../collector.ts';

describe('cli/commands/registry-user', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mirror-cli-'));
    writeFileSync(join(directory, 'mirror.yaml'), 'storage: storage\nserve: { registry: { push: users, users: people } }\n');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  async function mirror(argv: readonly string[], input = '') {
    const stdout = collector();
    const stderr = collector();
    const stdin = Readable.from([Buffer.from(input)]);
    const io = { stdin, stdout, stderr, environment: {}, cwd: directory, signal: new AbortController().signal };
    const status = await runMirror(['registry', 'user', ...argv], io);
    return { status, stdout: stdout.text(), stderr: stderr.text() };
  }

  it('adds users from standard input and from a file, lists and removes them', async () => {
    const file = join(directory, 'people');
    expect((await mirror(['list'])).stdout).toContain('mirror registry user add');
    expect(await mirror(['add', 'alice'], 'from a pipe\n')).toEqual({ status: 0, stdout: `added: alice  (${file})\n`, stderr: '' });
    expect(compareSync('from a pipe', readFileSync(file, 'utf8').trim().split(':')[1] ?? '')).toBe(true);
    writeFileSync(join(directory, 'secret'), 'from a file\n');
    expect(JSON.parse((await mirror(['add', 'bob', '--password-file', 'secret', '--json'])).stdout)).toEqual({
      name: 'bob',
      file,
      change: 'added',
      used: true,
    });
    expect((await mirror(['list'])).stdout).toBe('alice\nbob\n');
    expect((await mirror(['remove', 'alice'])).stdout).toBe(`removed: alice  (${file})\n`);
    expect(JSON.parse((await mirror(['list', '--json'])).stdout)).toEqual({ file, users: ['bob'] });
  });

  it('takes no password on the command line, and says what is wrong with one', async () => {
    expect((await mirror(['add', 'alice', 'my password'])).stderr).toContain('too many arguments');
    expect((await mirror(['add', 'alice', '--password', 'my password'])).status).toBe(2);
    const short = await mirror(['add', 'alice'], 'short');
    expect(short).toMatchObject({ status: 2, stderr: expect.stringContaining('fewer than 8 characters') });
    expect(await mirror(['remove', 'alice'])).toMatchObject({ status: 2, stderr: expect.stringContaining('NAME_UNKNOWN') });
  });

  it('says that the registry does not ask for users yet', async () => {
    writeFileSync(join(directory, 'mirror.yaml'), 'storage: storage\n');
    expect((await mirror(['add', 'alice'], 'from a pipe\n')).stdout).toContain('set `serve: { registry: { push: users } }`');
  });
});
