import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openUsers } from '../../../../src/serve/registry/users/users.ts';

const HASH = `$2y$05$${'a'.repeat(53)}`;

describe('serve/registry/users/users', () => {
  let directory = '';
  let file = '';
  let logged: string[] = [];
  const line = (level: string) => (message: string) => void logged.push(`${level}: ${message}`);
  const log = { info: line('info'), warn: line('warn'), error: line('error') };
  const write = (...names: readonly string[]) => {
    writeFileSync(`${file}.new`, names.map((name) => `${name}:${HASH}\n`).join(''), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mirror-users-'));
    file = join(directory, 'users');
    logged = [];
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('has what the file has, at once, and another table only where it has changed', async () => {
    write('alice');
    const users = await openUsers(file, log);
    const first = await users.table();
    expect([...first.keys()]).toEqual(['alice']);
    expect(await users.table()).toBe(first);
    write('bobby');
    const tables = await Promise.all([users.table(), users.table(), users.table()]);
    expect(tables.map((table) => [...table.keys()])).toEqual([['bobby'], ['bobby'], ['bobby']]);
    expect(logged).toEqual(['info: the users of the registry were read again']);
  });

  it('keeps the last good file while the new one is broken, and says so once', async () => {
    write('alice');
    const users = await openUsers(file, log);
    const first = await users.table();
    writeFileSync(file, 'bob:{SHA}x\n');
    expect(await users.table()).toBe(first);
    expect(await users.table()).toBe(first);
    expect(logged).toEqual(['error: the changed users file is not used; the last one stays']);
    write('bob');
    chmodSync(file, 0o644);
    expect(await users.table()).toBe(first);
    chmodSync(file, 0o600);
    expect([...(await users.table()).keys()]).toEqual(['bob']);
    expect(logged).toHaveLength(3);
  });

  it('has no users without a file, from the beginning and later', async () => {
    const users = await openUsers(file, log);
    expect((await users.table()).size).toBe(0);
    expect(logged).toEqual([expect.stringContaining('warn: the registry has no users yet')]);
    write('alice');
    expect((await users.table()).size).toBe(1);
    rmSync(file);
    expect((await users.table()).size).toBe(0);
  });

  it('does not begin with a broken file', async () => {
    writeFileSync(file, 'bob:{SHA}x\n', { mode: 0o600 });
    await expect(openUsers(file, log)).rejects.toMatchObject({ code: 'USERS_INVALID' });
    chmodSync(file, 0o666);
    await expect(openUsers(file, log)).rejects.toMatchObject({ code: 'KEY_PERMISSIONS' });
  });
});
