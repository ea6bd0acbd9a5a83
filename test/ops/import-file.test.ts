import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { addMirrors } from '../../src/ops/add.ts';
import { importFile } from '../../src/ops/import-file.ts';

describe('ops/import-file', () => {
  let directory: string;
  let loaded: LoadedConfig;
  const load = async () => await loadConfig({ explicitPath: join(directory, 'mirror.yaml'), environment: {}, cwd: '/' });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mirror-import-'));
    await writeFile(join(directory, 'mirror.yaml'), '# mine\nstorage: s\nmirrors:\n  example-s: { type: yum, url: "http://x/" }\n');
    loaded = await load();
  });
  afterEach(async () => await rm(directory, { recursive: true }));

  async function put(name: string, text: string): Promise<string> {
    await writeFile(join(directory, name), text);
    return join(directory, name);
  }

  it('adds what the file describes under names that are free, with keys that it holds', async () => {
    const block = ' -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n xx\n -----END PGP PUBLIC KEY BLOCK-----';
    const file = await put('a.sources', `Types: deb\nURIs: http://a.example.org/u\nSuites: s\nComponents: main\nSigned-By:\n${block}\n`);
    const { mirrors, notices } = await importFile(file, loaded, {});
    expect(notices).toEqual([]);
    await addMirrors(loaded, mirrors, {});
    const { config, text } = await load();
    expect(config.mirrors['u-example-s']).toMatchObject({ suite: 's', keys: [join(directory, 'keys/u-example-s.asc')] });
    expect(await readFile(join(directory, 'keys/u-example-s.asc'), 'utf8')).toContain('\n\nxx\n');
    expect(text.startsWith('# mine\nstorage: s\n')).toBe(true);
  });

  it('says that a key is missing, and takes a name for the one mirror that there is', async () => {
    const file = await put('a.repo', '[x]\nbaseurl=http://a.example.org/\n');
    const { mirrors, notices } = await importFile(file, loaded, { name: 'mine' });
    expect(mirrors).toEqual([{ name: 'mine', value: { type: 'yum', url: 'http://a.example.org/' } }]);
    expect(notices).toEqual(["mine names no key: list the upstream's keys under mirrors.mine.keys before you sync it"]);
  });

  it.each<[name: string, text: string, options: { name?: string }, code: string]>([
    ['a.list', 'deb http://a.example.org/u s main\ndeb http://a.example.org/u t main\n', { name: 'x' }, 'USAGE'],
    ['a.list', '# nothing\n', {}, 'CONFIG_INVALID'],
    ['a.list', 'deb nonsense\n', {}, 'CONFIG_INVALID'],
    ['a.txt', 'x', {}, 'USAGE'],
  ])('refuses %s with %j', async (name, text, options, code) => {
    await expect(importFile(await put(name, text), loaded, options)).rejects.toMatchObject({ code });
  });

  it('says that there is no such file', async () => {
    await expect(importFile(join(directory, 'no.list'), loaded, {})).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
