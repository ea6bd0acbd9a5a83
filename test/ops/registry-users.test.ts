import { chmodSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareSync } from 'bcryptjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { addRegistryUser, listRegistryUsers, removeRegistryUser } from '../../src/ops/registry-users.ts';
import { readUsersFile } from '../../src/ops/users-file.ts';

let directory = '';
let file = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirror-users-'));
  file = join(directory, 'registry-users');
});
afterEach(() => rmSync(directory, { recursive: true }));

const loaded = (registry = '{ push: users }') => {
  const path = join(directory, 'mirror.yaml');
  const text = `storage: storage\nserve: { registry: ${registry} }\n`;
  return { path, text, config: parseConfig(text, path, {}) };
};
const hashOf = async (name: string): Promise<string> => (await readUsersFile(file))?.users.get(name) ?? '';

describe('ops/registry-users', () => {
  it('makes the file for its owner alone, whatever the umask, and keeps what else is in it', async () => {
    const before = process.umask(0);
    const added = await addRegistryUser(loaded(), 'alice', 'correct horse').finally(() => process.umask(before));
    expect(added).toEqual({ name: 'alice', file, change: 'added', used: true });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(compareSync('correct horse', await hashOf('alice'))).toBe(true);

    writeFileSync(file, `# mine\n${readFileSync(file, 'utf8')}`);
    await addRegistryUser(loaded(), 'bob.b@example.org', 'battery staple');
    expect((await addRegistryUser(loaded(), 'alice', 'another password')).change).toBe('password changed');
    expect(compareSync('another password', await hashOf('alice'))).toBe(true);
    expect(await listRegistryUsers(loaded())).toEqual({ file, users: ['alice', 'bob.b@example.org'] });

    expect((await removeRegistryUser(loaded(), 'alice')).change).toBe('removed');
    expect(readFileSync(file, 'utf8')).toMatch(/^# mine\nbob\.b@example\.org:\$2b\$12\$\S+\n$/);
    await expect(removeRegistryUser(loaded(), 'bib.b@example.org')).rejects.toMatchObject({
      code: 'NAME_UNKNOWN',
      hint: expect.stringContaining('bob.b'),
    });
    expect(readdirSync(directory).sort()).toEqual(['registry-users', 'storage']);
  });

  it('works before the registry asks for users, and says that it does not', async () => {
    expect(await listRegistryUsers(loaded('{}'))).toEqual({ file, users: [] });
    expect(await addRegistryUser(loaded('{}'), 'alice', 'correct horse')).toMatchObject({ file, used: false });
  });

  it('keeps permissions that a group has, and a link to the file', async () => {
    const real = join(directory, 'real');
    writeFileSync(real, '');
    chmodSync(real, 0o640);
    symlinkSync(real, file);
    await addRegistryUser(loaded(), 'alice', 'correct horse');
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect((await listRegistryUsers(loaded())).users).toEqual(['alice']);
  });

  it.each(['', '-a', '.a', 'a b', 'a:b', 'ä', 'a\nb', 'a/b', 'a'.repeat(256)])('refuses the name %j', async (name) => {
    await expect(addRegistryUser(loaded(), name, 'correct horse')).rejects.toMatchObject({ code: 'USAGE' });
  });

  it.each(['', 'seven77', 'x'.repeat(73), 'ä'.repeat(37), 'two\nlines', 'with\0nothing'])('refuses the password %j', async (password) => {
    const failure = await addRegistryUser(loaded(), 'alice', password).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'USAGE' });
    if (password !== '') expect(String(failure)).not.toContain(password);
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([0o644, 0o604, 0o660, 0o666, 0o602])('refuses a file of mode %o, and says how to mend it', async (mode) => {
    writeFileSync(file, '');
    chmodSync(file, mode);
    await expect(addRegistryUser(loaded(), 'alice', 'correct horse')).rejects.toMatchObject({
      code: 'KEY_PERMISSIONS',
      hint: expect.stringContaining(`chmod 600 ${file}`),
    });
  });

  it('changes nothing in a file that it does not understand', async () => {
    writeFileSync(file, 'alice:{SHA}x\n', { mode: 0o600 });
    await expect(addRegistryUser(loaded(), 'bob', 'correct horse')).rejects.toMatchObject({ code: 'USERS_INVALID' });
    expect(readFileSync(file, 'utf8')).toBe('alice:{SHA}x\n');
  });

  it('loses none of two that are added at once', async () => {
    await Promise.all(['a', 'b', 'c'].map(async (name) => await addRegistryUser(loaded(), name, 'correct horse')));
    expect([...(await listRegistryUsers(loaded())).users].sort()).toEqual(['a', 'b', 'c']);
  });
});
