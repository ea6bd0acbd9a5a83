import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openPool } from '../../src/store/pool.ts';
import { describeWithTools } from '../support/requirements.ts';
import { expectedOf, sha256, startScript, storeModule, temporaryDirectory } from './storage-fixture.ts';

const FILES = 600;
const KILLS = 6;

/** Brings in files of many sizes and names them in rows, forty at a time: what a sync does. */
function syncScript(storage: string): string {
  return `
    import { hash } from 'node:crypto';
    import { openPool } from '${storeModule('pool.ts')}';
    import { openCatalogue } from '${storeModule('state.ts')}';
    const pool = await openPool('${storage}');
    const catalogue = openCatalogue('${storage}');
    const intake = await pool.intake('sync-test');
    let rows = [];
    let downloaded = 0;
    console.log('started');
    for (let index = 0; index < ${FILES}; index++) {
      const size = index % 20 === 0 ? 700_000 : 1000 + index;
      const bytes = Buffer.alloc(size, index % 251);
      bytes.writeUInt32LE(index);
      const sha256 = hash('sha256', bytes, 'hex');
      if (await pool.stat(sha256) === undefined) {
        const part = await intake.open(sha256, { size, checksums: [{ algorithm: 'sha256', value: sha256 }] });
        if (!part.whole) downloaded++;
        for (let at = part.held; at < size; at += 64 * 1024) {
          await part.write(bytes.subarray(at, at + 64 * 1024));
          await new Promise((resolve) => setImmediate(resolve));
        }
        await part.complete();
        await part.keep();
      }
      rows.push({ name: 'p' + index, version: '1', architecture: 'all', sha256, size, location: 'p' + index, record: Buffer.from('p' + index) });
      if (rows.length === 40) {
        await intake.flush();
        catalogue.addPackages('apt', rows);
        rows = [];
      }
    }
    await intake.finish();
    catalogue.saveList('apt', catalogue.addPackages('apt', rows));
    console.log('downloaded ' + downloaded);
    catalogue.close();
  `;
}

function blobPaths(storage: string): string[] {
  const root = join(storage, 'pool/sha256');
  if (!existsSync(root)) return [];
  return readdirSync(root).flatMap((shard) => readdirSync(join(root, shard)).map((name) => join(root, shard, name)));
}

function rowsOf(storage: string): string[] {
  const path = join(storage, 'state.db');
  if (!existsSync(path)) return [];
  const database = new Database(path);
  try {
    if (database.pragma('user_version', { simple: true }) === 0) return [];
    return database.prepare<[], string>('SELECT sha256 FROM packages').pluck().all();
  } finally {
    database.close();
  }
}

/** Rule 1: a file in the pool has the hash in its name. Rule 2: a row names only files that are in the pool. */
function checkRules(storage: string): { readonly blobs: number; readonly rows: number } {
  const present = new Set<string>();
  for (const path of blobPaths(storage)) {
    const name = basename(path);
    expect(sha256(readFileSync(path)), path).toBe(name);
    present.add(name);
  }
  const rows = rowsOf(storage);
  for (const row of rows) expect(present.has(row), row).toBe(true);
  return { blobs: present.size, rows: rows.length };
}

describe('store/crash', () => {
  it('keeps rules 1 and 2 when it is killed again and again, and gets done in the end', async () => {
    const storage = await temporaryDirectory();
    const code = syncScript(storage);
    let killed = 0;
    let rowsBefore = 0;
    for (let round = 0; round < KILLS; round++) {
      const script = startScript(code);
      await script.started;
      await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 250));
      script.child.kill('SIGKILL');
      const { signal } = await script.ended;
      if (signal === 'SIGKILL') killed++;
      const { rows } = checkRules(storage);
      expect(rows).toBeGreaterThanOrEqual(rowsBefore);
      rowsBefore = rows;
    }
    expect(killed).toBeGreaterThan(0);
    const last = await startScript(code).ended;
    expect(last.stderr).toBe('');
    expect(checkRules(storage)).toEqual({ blobs: FILES, rows: FILES });
    expect(await readdir(join(storage, 'tmp'))).toEqual([]);
  }, 60_000);

  it('does not download again what was complete when it was killed', async () => {
    const storage = await temporaryDirectory();
    const script = startScript(`
      import { openPool } from '${storeModule('pool.ts')}';
      const intake = await (await openPool('${storage}')).intake('s');
      const bytes = Buffer.alloc(900_000, 'x');
      const part = await intake.open('${sha256(Buffer.alloc(900_000, 'x'))}', { checksums: [{ algorithm: 'sha256', value: '${sha256(Buffer.alloc(900_000, 'x'))}' }] });
      await part.write(bytes);
      await part.complete();
      console.log('complete');
      setInterval(() => undefined, 1000);
    `);
    await script.started;
    script.child.kill('SIGKILL');
    await script.ended;
    const bytes = Buffer.alloc(900_000, 'x');
    const intake = await (await openPool(storage)).intake('s');
    expect((await intake.open(sha256(bytes), expectedOf(bytes))).whole).toBe(true);
  });

  describeWithTools(['strace'], 'with errors of the disk', () => {
    /** One file through an intake, with its outcome as JSON on standard output. */
    const oneFile = (storage: string, size: number): string => `
      import { openPool } from '${storeModule('pool.ts')}';
      const bytes = Buffer.alloc(${size}, 'x');
      const intake = await (await openPool('${storage}')).intake('s');
      let outcome = { code: 'done' };
      try {
        const part = await intake.open('${sha256(Buffer.alloc(size, 'x'))}', { checksums: [] });
        try {
          for (let at = 0; at < bytes.length; at += 65536) await part.write(bytes.subarray(at, at + 65536));
          await part.complete();
        } finally {
          await part.keep();
        }
        await intake.finish();
      } catch (error) {
        outcome = { code: error.code, message: error.message, hint: error.hint };
        await intake.abandon();
      }
      console.log(JSON.stringify(outcome));
    `;
    const run = async (size: number, inject: (part: string) => readonly string[]) => {
      const storage = await temporaryDirectory();
      await (await (await openPool(storage)).intake('s')).finish();
      const part = join(storage, 'tmp/s', `${sha256(Buffer.alloc(size, 'x'))}.part`);
      // strace counts calls by thread: with one thread for files it counts all of them.
      const script = startScript(oneFile(storage, size), [
        'env',
        'UV_THREADPOOL_SIZE=1',
        'strace',
        '-f',
        '-qq',
        '-o',
        '/dev/null',
        '-P',
        part,
        ...inject(part),
      ]);
      const { stdout, stderr } = await script.ended;
      expect(stderr).toBe('');
      return { storage, part, outcome: JSON.parse(stdout) as { code: string; message: string; hint: string } };
    };

    it.each([
      ['small', 2000],
      ['large', 1_000_000],
    ])('reports a full disk for a %s file, and has nothing in the pool', async (_name, size) => {
      const { storage, part, outcome } = await run(size, () => ['-e', 'inject=write,writev,pwrite64:error=ENOSPC:when=1+']);
      expect(outcome).toMatchObject({ code: 'STORAGE_FULL', message: expect.stringContaining(part) });
      expect(outcome.hint).toContain('run again');
      expect(blobPaths(storage)).toEqual([]);
    });

    it('goes on after a full disk from what had arrived', async () => {
      const bytes = Buffer.alloc(1_000_000, 'x');
      const { storage, outcome } = await run(bytes.length, () => ['-e', 'inject=write,writev,pwrite64:error=ENOSPC:when=2+']);
      expect(outcome.code).toBe('STORAGE_FULL');
      const intake = await (await openPool(storage)).intake('s');
      const part = await intake.open(sha256(bytes), expectedOf(bytes));
      expect(part.held).toBeGreaterThan(0);
      expect(part.held).toBeLessThan(bytes.length);
      await part.write(bytes.subarray(part.held));
      await part.complete();
      await intake.finish();
      expect(checkRules(storage).blobs).toBe(1);
    });

    it('gives a file up whose synchronisation fails', async () => {
      const { storage, part, outcome } = await run(1_000_000, () => ['-e', 'inject=fsync,fdatasync:error=EIO:when=1']);
      expect(outcome).toMatchObject({ code: 'STORAGE', message: expect.stringContaining(part) });
      expect(blobPaths(storage)).toEqual([]);
      expect(existsSync(part)).toBe(false);
    });

    it.each([
      ['few', 3],
      ['many', 80],
    ])('makes %s files durable before it renames them, and the directories before it is done', async (_name, count) => {
      const storage = await temporaryDirectory();
      await (await (await openPool(storage)).intake('s')).finish();
      const log = join(storage, 'strace.log');
      const code = `
        import { openPool } from '${storeModule('pool.ts')}';
        const intake = await (await openPool('${storage}')).intake('s');
        for (let index = 0; index < ${count}; index++) await intake.add(Buffer.alloc(1000, index + 1));
        await intake.flush();
      `;
      const { status } = await startScript(code, ['strace', '-f', '-qq', '-y', '-o', log, '-e', 'trace=rename,fsync,syncfs']).ended;
      expect(status).toBe(0);
      const calls = (await readFile(log, 'utf8')).split('\n').filter((line) => line.includes(storage));
      const durable = new Set<string>();
      const moved = new Set<string>();
      for (const call of calls) {
        const rename = /rename\("([^"]+)", "([^"]+)"/.exec(call);
        if (rename !== null) {
          const [, from = '', to = ''] = rename;
          expect(durable.has(from) || durable.has('everything'), call).toBe(true);
          moved.add(dirname(to));
        } else if (call.includes('syncfs(')) {
          durable.add('everything');
          moved.clear();
        } else {
          const [, path = ''] = /fsync\(\d+<([^>]+)>/.exec(call) ?? [];
          durable.add(path);
          moved.delete(path);
        }
      }
      expect(calls.filter((call) => call.includes('rename(')).length).toBe(count);
      expect([...moved]).toEqual([]);
      if (count > 64) expect(calls.length).toBeLessThan(count + 20);
    });
  });
});
