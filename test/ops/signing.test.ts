import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { createSigningKeyFile, loadSigner } from '../../src/ops/signing.ts';

const MADE = new Date('2026-01-01T00:00:00Z');
const options = { userId: 'Mirror', algorithm: 'ed25519', time: MADE } as const;

let directory = '';
let key = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mirror-signing-'));
  key = join(directory, 'signing-key.asc');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const configOf = (signing?: Config['signing']): Config => configSchema.parse({ storage: directory, signing });

describe('ops/signing', () => {
  it('writes a key that only its owner can read, whatever the umask, and opens it', async () => {
    const before = process.umask(0);
    const made = await createSigningKeyFile(key, options).finally(() => process.umask(before));
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect(await loadSigner(configOf({ key }), {})).toMatchObject(made);
  });

  it('gives nothing where no key is configured', async () => {
    expect(await loadSigner(configOf(), {})).toBeUndefined();
  });

  it('never overwrites a file', async () => {
    await writeFile(key, 'precious');
    await expect(createSigningKeyFile(key, options)).rejects.toMatchObject({ code: 'KEY_EXISTS' });
    expect(await readFile(key, 'utf8')).toBe('precious');
  });

  it('leaves nothing behind when it cannot write', async () => {
    const path = join(directory, 'none', 'key.asc');
    await expect(createSigningKeyFile(path, options)).rejects.toMatchObject({ code: 'STORAGE', message: expect.stringContaining(path) });
  });

  it.each([0o640, 0o604, 0o644, 0o660, 0o601])('refuses a key of mode %o, and says how to mend it', async (mode) => {
    await createSigningKeyFile(key, options);
    await chmod(key, mode);
    await expect(loadSigner(configOf({ key }), {})).rejects.toMatchObject({ code: 'KEY_PERMISSIONS', hint: `Run: chmod 600 ${key}` });
  });

  it("accepts the modes that systemd gives credentials, in the service's credentials directory only", async () => {
    const credentials = join(directory, 'credentials');
    await mkdir(credentials);
    const inside = join(credentials, 'key');
    await createSigningKeyFile(inside, options);
    await chmod(inside, 0o440);
    expect(await loadSigner(configOf({ key: inside }), { CREDENTIALS_DIRECTORY: credentials })).toBeDefined();
    for (const other of [undefined, '', join(directory, 'other'), `${credentials}s`, inside])
      await expect(loadSigner(configOf({ key: inside }), { CREDENTIALS_DIRECTORY: other })).rejects.toMatchObject({
        code: 'KEY_PERMISSIONS',
      });
  });

  it('takes the passphrase from its file, or from the environment', async () => {
    await createSigningKeyFile(key, { ...options, passphrase: 'pass word ' });
    const passphraseFile = join(directory, 'passphrase');
    for (const content of ['pass word ', 'pass word \n', 'pass word \r\n']) {
      await writeFile(passphraseFile, content, { mode: 0o600 });
      expect(await loadSigner(configOf({ key, passphraseFile }), {})).toBeDefined();
    }
    expect(await loadSigner(configOf({ key }), { MIRROR_PASSPHRASE: 'pass word ' })).toBeDefined();
    await expect(loadSigner(configOf({ key }), {})).rejects.toMatchObject({ code: 'KEY_LOCKED', message: expect.stringContaining(key) });
    await chmod(passphraseFile, 0o644);
    await expect(loadSigner(configOf({ key, passphraseFile }), {})).rejects.toMatchObject({ code: 'KEY_PERMISSIONS' });
    await rm(passphraseFile);
    await expect(loadSigner(configOf({ key, passphraseFile }), {})).rejects.toMatchObject({ code: 'KEY_MISSING' });
  });

  it('says what is wrong with a key that is not there or is none', async () => {
    await expect(loadSigner(configOf({ key }), {})).rejects.toMatchObject({
      code: 'KEY_MISSING',
      hint: expect.stringContaining('key generate'),
    });
    await writeFile(key, 'text', { mode: 0o600 });
    await expect(loadSigner(configOf({ key }), {})).rejects.toMatchObject({ code: 'KEY_INVALID', message: expect.stringContaining(key) });
    await expect(loadSigner(configOf({ key: directory }), { CREDENTIALS_DIRECTORY: tmpdir() })).rejects.toMatchObject({
      code: 'KEY_INVALID',
    });
  });
});
