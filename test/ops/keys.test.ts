import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { generateKey } from '../../src/openpgp/generate-key.ts';
import { ensureSigningKey, initialize } from '../../src/ops/init.ts';
import { importKeyFile, listKeys, signingKey } from '../../src/ops/keys.ts';
import { openCatalogue } from '../../src/store/state.ts';

const TIME = new Date(1_700_000_000_000);

describe('ops/keys', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mirror-keys-'));
  });
  afterEach(async () => await rm(directory, { recursive: true }));

  const configured = (text: string) => {
    const path = join(directory, 'mirror.yaml');
    return { path, text, config: parseConfig(`storage: s\n${text}`, path, {}) };
  };
  const upstream = async () =>
    await generateKey({ userId: 'Upstream <a@example.org>', algorithm: 'ed25519', time: TIME, expires: new Date('2100-01-01') });

  it('lists our key and those that mirrors trust, each with its state', async () => {
    const { publicKey, fingerprint } = await upstream();
    await writeFile(join(directory, 'a.asc'), publicKey);
    await ensureSigningKey(join(directory, 'own.asc'), 'Own', TIME);
    const { config } = configured(
      'signing: { key: own.asc }\nmirrors:\n  a: { type: yum, url: "http://x/", keys: [a.asc, "https://x/key"] }\n  b: { type: yum, url: "http://x/", keys: [a.asc, missing.asc] }\n',
    );
    const catalogue = openCatalogue(join(directory, 's'));
    const find = (source: string, keys: Awaited<ReturnType<typeof listKeys>>) => keys.find((key) => key.source.endsWith(source));
    const before = await listKeys(config, catalogue, {});
    expect(before.map((key) => key.use)).toEqual(['signing', 'trusted', 'trusted', 'trusted']);
    expect(find('own.asc', before)).toMatchObject({ userId: 'Own', expires: null, problem: null, mirrors: [] });
    expect(find('/a.asc', before)).toMatchObject({ fingerprint, mirrors: ['a', 'b'], expires: '2100-01-01T00:00:00.000Z' });
    expect(find('missing.asc', before)).toMatchObject({ fingerprint: null, problem: expect.stringContaining('missing.asc') });
    expect(find('https://x/key', before)?.problem).toContain('not fetched yet');
    catalogue.pinKey({ source: 'https://x/key', fingerprints: [fingerprint], armored: publicKey, pinnedAt: 0 });
    expect(find('https://x/key', await listKeys(config, catalogue, {}))).toMatchObject({ fingerprint, problem: null });
    catalogue.close();
  });

  it('needs a signing key to export one', async () => {
    await expect(signingKey(configured('').config, {})).rejects.toMatchObject({ code: 'KEY_MISSING' });
  });

  it('copies keys beside the configuration, and never over others', async () => {
    const { publicKey, fingerprint } = await upstream();
    const file = join(directory, 'a.asc');
    await writeFile(file, `text before\n${publicKey}`);
    const loaded = configured('');
    const { path, keys } = await importKeyFile(file, loaded);
    expect(path).toBe(join(directory, `keys/${fingerprint}.asc`));
    expect(keys.map((key) => key.fingerprint)).toEqual([fingerprint]);
    expect(await readFile(path, 'utf8')).toBe(publicKey);
    expect((await importKeyFile(file, loaded)).path).toBe(path);
    await writeFile(path, 'other');
    await expect(importKeyFile(file, loaded)).rejects.toMatchObject({ code: 'KEY_EXISTS' });
    await writeFile(file, 'no key');
    await expect(importKeyFile(file, loaded)).rejects.toMatchObject({ code: 'KEY_INVALID' });
  });

  it('makes a configuration that is right, beside a key that is kept', async () => {
    await mkdir(join(directory, 'site'));
    await writeFile(join(directory, 'site/signing-key.asc'), 'precious');
    const made = await initialize({ directory: join(directory, 'site'), userId: 'Own', now: TIME });
    expect(made.fingerprint).toBeNull();
    expect(await readFile(made.signingKey, 'utf8')).toBe('precious');
    const config = parseConfig(await readFile(made.config, 'utf8'), made.config, {});
    expect(config).toMatchObject({
      storage: join(directory, 'site/storage'),
      signing: { key: made.signingKey },
      mirrors: {},
      publications: {},
    });
    await expect(initialize({ directory: join(directory, 'site'), userId: 'Own', now: TIME })).rejects.toMatchObject({
      code: 'CONFIG_EXISTS',
    });
  });

  it('has examples in the template that are right once their marks are taken off', async () => {
    const made = await initialize({ directory, userId: 'Own', now: TIME });
    const text = (await readFile(made.config, 'utf8')).replace(
      /^(mirrors:|publications:)\n((?: {2}# .*\n)+)/gm,
      (_, head: string, body: string) => `${head}\n${body.replace(/^ {2}# /gm, '  ')}`,
    );
    const { mirrors, publications } = parseConfig(text, made.config, {});
    expect([Object.keys(mirrors), Object.keys(publications)]).toEqual([
      ['docker', 'ubuntu'],
      ['docker', 'ubuntu'],
    ]);
  });
});
