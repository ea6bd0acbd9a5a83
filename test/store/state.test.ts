import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { SCHEMA_VERSION } from '../../src/store/migrations.ts';
import { openCatalogue } from '../../src/store/state.ts';
import { hasTool } from '../support/requirements.ts';
import { packageRecord } from './catalogue-fixture.ts';
import { startScript, storeModule, temporaryDirectory } from './storage-fixture.ts';

const error = (fields: object) => expect.objectContaining(fields);

describe('store/state', () => {
  it('creates the storage directory for its owner and group, and a durable database', async () => {
    const storage = join(await temporaryDirectory(), 'a/b');
    const catalogue = openCatalogue(storage);
    catalogue.close();
    expect((await stat(storage)).mode & 0o007).toBe(0);
    const database = new Database(join(storage, 'state.db'));
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(database.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
    database.close();
  });

  it('keeps what it was told over a restart', async () => {
    const storage = await temporaryDirectory();
    const first = openCatalogue(storage);
    const [id] = first.addPackages('apt', [packageRecord(1)]);
    first.close();
    const second = openCatalogue(storage);
    expect(second.addPackages('apt', [packageRecord(1)])).toEqual([id]);
    second.close();
  });

  it('refuses a database of a newer version, and leaves it as it is', async () => {
    const storage = await temporaryDirectory();
    const database = new Database(join(storage, 'state.db'));
    database.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    database.close();
    const before = await readFile(join(storage, 'state.db'));
    for (const readOnly of [false, true]) {
      expect(() => openCatalogue(storage, { readOnly })).toThrow(error({ code: 'STATE_NEWER' }));
    }
    expect((await readFile(join(storage, 'state.db'))).equals(before)).toBe(true);
  });

  it('refuses what is not a database, a directory, or damaged', async () => {
    const storage = await temporaryDirectory();
    const path = join(storage, 'state.db');
    await writeFile(path, 'this is no database, it is a text that is long enough to be looked at'.repeat(20));
    expect(() => openCatalogue(storage)).toThrow(error({ code: 'STORAGE', message: expect.stringContaining(path) }));
    const other = await temporaryDirectory();
    await mkdir(join(other, 'state.db'));
    expect(() => openCatalogue(other)).toThrow(error({ code: 'STORAGE', message: expect.stringContaining(other) }));
    await writeFile(join(other, 'file'), '');
    expect(() => openCatalogue(join(other, 'file'))).toThrow(error({ code: 'STORAGE' }));
  });

  it('says so when pages of the database are damaged', async () => {
    const storage = await temporaryDirectory();
    const catalogue = openCatalogue(storage);
    const ids = catalogue.addPackages(
      'apt',
      Array.from({ length: 2000 }, (_, index) => packageRecord(index)),
    );
    const list = catalogue.saveList('apt', ids);
    catalogue.close();
    const path = join(storage, 'state.db');
    const bytes = await readFile(path);
    bytes.fill(0xff, 4096 * 3);
    await writeFile(path, bytes);
    expect(() => {
      const damaged = openCatalogue(storage);
      try {
        Array.from(damaged.packages(list.id));
      } finally {
        damaged.close();
      }
    }).toThrow(error({ code: 'STORAGE', hint: expect.stringContaining('backup') }));
  });

  it.runIf(process.getuid?.() === 0 && hasTool('setpriv'))('says so when it may not write', async () => {
    const storage = await temporaryDirectory();
    await chmod(storage, 0o755);
    openCatalogue(storage).close();
    const code = `
      import { openCatalogue } from '${storeModule('state.ts')}';
      try {
        const catalogue = openCatalogue('${storage}');
        catalogue.pinKey({ source: 'x', fingerprints: [], armored: '', pinnedAt: 0 });
      } catch (error) {
        console.log(JSON.stringify({ code: error.code, message: error.message, hint: error.hint }));
      }
    `;
    const { stdout } = await startScript(code, ['setpriv', '--reuid=65534', '--clear-groups']).ended;
    expect(JSON.parse(stdout)).toMatchObject({ code: 'STORAGE', message: expect.stringContaining(storage) });
  });

  it.runIf(process.getuid?.() === 0 && hasTool('setpriv'))('says so when it may not even look, instead of finding nothing', async () => {
    const storage = await temporaryDirectory();
    openCatalogue(storage).close();
    await chmod(storage, 0o700);
    const code = `
      import { hasState } from '${storeModule('state.ts')}';
      try {
        console.log(hasState('${storage}'));
      } catch (error) {
        console.log(error.code + ': ' + error.message);
      }
    `;
    const { stdout } = await startScript(code, ['setpriv', '--reuid=65534', '--clear-groups']).ended;
    expect(stdout).toMatch(/^STORAGE: .*permission denied/);
  });

  it.runIf(process.getuid?.() === 0 && hasTool('unshare'))('calls a full disk by its name also where SQLite has an I/O error', async () => {
    const directory = await temporaryDirectory();
    const code = `
      import { closeSync, openSync, writeSync } from 'node:fs';
      import { openCatalogue } from '${storeModule('state.ts')}';
      openCatalogue('${directory}/storage').close();
      const file = openSync('${directory}/filler', 'w');
      try {
        for (;;) writeSync(file, Buffer.alloc(4096));
      } catch {
        closeSync(file);
      }
      try {
        openCatalogue('${directory}/storage').pinKey({ source: 'x', fingerprints: [], armored: 'x', pinnedAt: 0 });
      } catch (error) {
        console.log(error.code);
      }
    `;
    const mount = `mount -t tmpfs -o size=1m none '${directory}' && exec "$@"`;
    const { stdout } = await startScript(code, ['unshare', '-m', 'sh', '-c', mount, '--']).ended;
    expect(stdout).toBe('STORAGE_FULL\n');
  });

  it('reads only what is there when it is opened to be read', async () => {
    const storage = await temporaryDirectory();
    expect(() => openCatalogue(storage, { readOnly: true })).toThrow(error({ code: 'STORAGE' }));
    const writer = openCatalogue(storage);
    const reader = openCatalogue(storage, { readOnly: true });
    const ids = writer.addPackages('apt', [packageRecord(1)]);
    const list = writer.saveList('apt', ids);
    expect(reader.list(list.id)).toEqual(list);
    expect(() => reader.addPackages('apt', [packageRecord(2)])).toThrow(error({ code: 'STORAGE' }));
    writer.close();
    expect(reader.list(list.id)).toEqual(list);
    reader.close();
  });

  it('brings a database of an older version up to date, also when it is only read', async () => {
    const storage = await temporaryDirectory();
    new Database(join(storage, 'state.db')).exec('CREATE TABLE old (a)').close();
    const reader = openCatalogue(storage, { readOnly: true });
    expect(reader.mirrors()).toEqual([]);
    reader.close();
  });

  it('counts changes of its own and of others', async () => {
    const storage = await temporaryDirectory();
    const one = openCatalogue(storage);
    const other = openCatalogue(storage);
    const before = one.changes();
    expect(one.changes()).toBe(before);
    other.pinKey({ source: 'x', fingerprints: [], armored: '', pinnedAt: 0 });
    const after = one.changes();
    expect(after).toBeGreaterThan(before);
    expect(one.changes()).toBe(after);
    one.pinKey({ source: 'y', fingerprints: [], armored: '', pinnedAt: 0 });
    expect(one.changes()).toBeGreaterThan(after);
    one.close();
    other.close();
  });

  it('lets several processes create and fill it at once', async () => {
    const storage = await temporaryDirectory();
    const code = (seed: number): string => `
      import { openCatalogue } from '${storeModule('state.ts')}';
      const catalogue = openCatalogue('${storage}/new');
      for (let index = 0; index < 20; index++) {
        catalogue.pinKey({ source: '${seed}-' + index, fingerprints: [], armored: '', pinnedAt: 0 });
      }
      catalogue.close();
    `;
    const results = await Promise.all([1, 2, 3, 4].map((seed) => startScript(code(seed)).ended));
    expect(results.map((result) => result.stderr)).toEqual(['', '', '', '']);
    const catalogue = openCatalogue(join(storage, 'new'));
    expect(catalogue.pinnedKey('3-19')).toBeDefined();
    catalogue.close();
  });
});
