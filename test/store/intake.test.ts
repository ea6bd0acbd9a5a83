import { hash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Expected } from '../../src/core/digests.ts';
import { openPool } from '../../src/store/pool.ts';
import { collectAll, content, expectedOf, sha256, temporaryDirectory } from './storage-fixture.ts';

const LARGE = content(1, 1_500_000);
const SMALL = content(2, 3000);

describe('store/intake', () => {
  it('shows a file in the pool after a flush, not before', async () => {
    const { pool } = await open();
    const intake = await pool.intake('s');
    const blob = await intake.add(SMALL);
    expect(blob).toEqual({ sha256: sha256(SMALL), size: 3000 });
    expect(await pool.stat(blob.sha256)).toBeUndefined();
    await intake.flush();
    expect(await pool.stat(blob.sha256)).toBe(3000);
  });

  it('takes a stream, and nothing of one that fails', async () => {
    const { pool, tmp } = await open();
    const intake = await pool.intake('s');
    const pieces = async function* () {
      yield LARGE.subarray(0, 700_000);
      yield LARGE.subarray(700_000);
    };
    expect(await intake.add(pieces())).toEqual({ sha256: sha256(LARGE), size: LARGE.length });
    const failing = async function* () {
      yield LARGE.subarray(0, 700_000);
      throw new Error('the source failed');
    };
    await expect(intake.add(failing())).rejects.toThrow('the source failed');
    await intake.finish();
    expect(await collectAll(pool.list())).toEqual([{ sha256: sha256(LARGE), size: LARGE.length }]);
    expect(await readdir(tmp)).toEqual([]);
  });

  it('copies what it buffers', async () => {
    const { pool } = await open();
    const intake = await pool.intake('s');
    const part = await intake.open('key', { checksums: [] });
    const chunk = Buffer.from('first ');
    await part.write(chunk);
    chunk.write('second');
    await part.write(chunk);
    await part.complete();
    expect(part.blob.sha256).toBe(sha256('first second'));
  });

  it('moves batches of any size, with the same file twice in one', async () => {
    const { pool } = await open();
    const intake = await pool.intake('s');
    for (let index = 0; index < 40; index++) await intake.add(content(index % 30, 100 + (index % 30)));
    await intake.finish();
    expect((await collectAll(pool.list())).length).toBe(30);
  });

  it('flushes by itself when a batch has grown large', async () => {
    const { pool } = await open();
    const intake = await pool.intake('s');
    for (let index = 0; index < 8100; index++) await intake.add(Buffer.from(`file ${index}`));
    expect((await collectAll(pool.list())).length).toBeGreaterThanOrEqual(4000);
    await intake.finish();
    expect((await collectAll(pool.list())).length).toBe(8100);
  });

  it('checks every stated checksum and the size', async () => {
    const { pool, tmp } = await open();
    const intake = await pool.intake('s');
    const good = (['md5', 'sha1', 'sha256', 'sha512'] as const).map((algorithm) => ({ algorithm, value: hash(algorithm, LARGE, 'hex') }));
    for (const bytes of [SMALL, LARGE]) {
      for (const [index, entry] of good.entries()) {
        const wrong = { ...entry, value: entry.value.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) };
        const part = await intake.open(`wrong ${index}`, { checksums: good.with(index, wrong) });
        await part.write(bytes);
        await expect(part.complete()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
        expect(part.held).toBe(0);
        await part.keep();
      }
    }
    const wrongSize = await intake.open('size', { size: 2999, checksums: [] });
    await wrongSize.write(SMALL);
    await expect(wrongSize.complete()).rejects.toThrow('the file for size is 3000 bytes long, 2999 were expected');
    await wrongSize.keep();
    const right = await intake.open('right', { size: LARGE.length, checksums: good });
    await right.write(LARGE);
    await right.complete();
    await right.keep();
    await intake.finish();
    expect(await collectAll(pool.list())).toEqual([right.blob]);
    expect(await readdir(tmp)).toEqual([]);
  });

  it('says what was wanted and what was found', async () => {
    const { pool } = await open();
    const intake = await pool.intake('s');
    const part = await intake.open('name', { checksums: [{ algorithm: 'sha256', value: sha256('a') }] });
    await part.write(Buffer.from('b'));
    await expect(part.complete()).rejects.toThrow(`the file for name has the sha256 ${sha256('b')}, ${sha256('a')} was expected`);
  });

  it('takes a file again after a mismatch or a restart', async () => {
    const { pool } = await open();
    const intake = await pool.intake('s');
    for (const bytes of [SMALL, LARGE]) {
      const part = await intake.open(sha256(bytes), expectedOf(bytes));
      await part.write(bytes.subarray(1));
      await expect(part.complete()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
      await part.write(bytes.subarray(0, bytes.length - 7));
      await part.restart();
      expect(part.held).toBe(0);
      await part.write(bytes);
      await part.complete();
    }
    await intake.finish();
    expect((await collectAll(pool.list())).length).toBe(2);
  });

  describe('after an interrupted run', () => {
    it('goes on from the bytes that were kept', async () => {
      const { pool } = await open();
      await leave(pool, LARGE.subarray(0, 1_000_000), expectedOf(LARGE));
      const intake = await pool.intake('s');
      const part = await intake.open(sha256(LARGE), expectedOf(LARGE));
      expect(part.held).toBe(1_000_000);
      expect(part.whole).toBe(false);
      await part.write(LARGE.subarray(1_000_000));
      await part.complete();
      await intake.finish();
      expect(await pool.stat(sha256(LARGE))).toBe(LARGE.length);
    });

    it('keeps also what had not gone to the disk yet', async () => {
      const { pool } = await open();
      await leave(pool, SMALL.subarray(0, 1000), expectedOf(SMALL));
      const part = await (await pool.intake('s')).open(sha256(SMALL), expectedOf(SMALL));
      expect(part.held).toBe(1000);
    });

    it('finds out at the end that what was kept is wrong, and starts over', async () => {
      const { pool } = await open();
      await leave(pool, content(9, 1_000_000), expectedOf(LARGE));
      const intake = await pool.intake('s');
      const part = await intake.open(sha256(LARGE), expectedOf(LARGE));
      expect(part.held).toBe(1_000_000);
      await part.write(LARGE.subarray(1_000_000));
      await expect(part.complete()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
      expect(part.held).toBe(0);
      await part.write(LARGE);
      await part.complete();
      await intake.finish();
      expect(await pool.stat(sha256(LARGE))).toBe(LARGE.length);
    });

    it.each([
      ['small', SMALL],
      ['large', LARGE],
    ])('takes up a %s file that was complete but not flushed', async (_name, bytes) => {
      const { pool } = await open();
      const before = await pool.intake('s');
      const first = await before.open(sha256(bytes), expectedOf(bytes));
      await first.write(bytes);
      await first.complete();
      await before.abandon();
      expect(await pool.stat(sha256(bytes))).toBeUndefined();

      const intake = await pool.intake('s');
      const part = await intake.open(sha256(bytes), expectedOf(bytes));
      expect(part.whole).toBe(true);
      expect(part.held).toBe(bytes.length);
      await part.complete();
      expect(part.blob).toEqual({ sha256: sha256(bytes), size: bytes.length });
      await intake.finish();
      expect(await pool.stat(sha256(bytes))).toBe(bytes.length);
    });

    it('knows a whole file also where only a checksum is stated', async () => {
      const { pool } = await open();
      const expected: Expected = { checksums: [{ algorithm: 'sha512', value: hash('sha512', SMALL, 'hex') }] };
      await leave(pool, SMALL, expected, 'some/path');
      const part = await (await pool.intake('s')).open('some/path', expected);
      expect(part.whole).toBe(true);
    });

    it('drops a whole file that a power cut emptied of its content', async () => {
      const { pool, tmp } = await open();
      await mkdir(join(tmp, 's'), { recursive: true });
      await writeFile(join(tmp, 's', `${sha256(SMALL)}.part`), Buffer.alloc(SMALL.length), { mode: 0o444 });
      const intake = await pool.intake('s');
      const part = await intake.open(sha256(SMALL), expectedOf(SMALL));
      expect(part.held).toBe(0);
      expect(part.whole).toBe(false);
      await part.write(SMALL);
      await part.complete();
      await intake.finish();
      expect(await pool.stat(sha256(SMALL))).toBe(SMALL.length);
    });

    it('drops what is too long, and what no checksum can prove', async () => {
      const { pool } = await open();
      await leave(pool, Buffer.concat([SMALL, SMALL]), { checksums: [] }, sha256(SMALL));
      expect((await (await pool.intake('s')).open(sha256(SMALL), expectedOf(SMALL))).held).toBe(0);
      await leave(pool, SMALL, { checksums: [] }, 'unproven');
      expect((await (await pool.intake('s')).open('unproven', { size: 9000, checksums: [] })).held).toBe(0);
    });

    it('removes with finish what was never completed, and keeps other scopes', async () => {
      const { pool, tmp } = await open();
      await leave(pool, SMALL.subarray(0, 10), expectedOf(SMALL));
      const other = await pool.intake('other');
      await (await pool.intake('s')).finish();
      expect(await readdir(tmp)).toEqual(['other']);
      await other.finish();
    });
  });

  it('keeps two files under one key apart', async () => {
    const { pool } = await open();
    const intake = await pool.intake('s');
    const parts = await Promise.all([intake.open('same', expectedOf(LARGE)), intake.open('same', expectedOf(LARGE))]);
    for (let at = 0; at < LARGE.length; at += 300_000) {
      for (const part of parts) await part.write(LARGE.subarray(at, at + 300_000));
    }
    for (const part of parts) await part.complete();
    await intake.finish();
    expect(await pool.stat(sha256(LARGE))).toBe(LARGE.length);
  });

  it('makes file names of any key', async () => {
    const { pool, tmp } = await open();
    const intake = await pool.intake('s');
    for (const key of ['../../escape', 'a/b', '', '\0', 'x'.repeat(5000), 'https://example.com/ä b']) {
      const part = await intake.open(key, { checksums: [] });
      await part.write(SMALL);
      await part.keep();
    }
    const names = await readdir(join(tmp, 's'));
    expect(names.length).toBe(6);
    for (const name of names) expect(name).toMatch(/^key-[0-9a-f]{64}\.part$/);
  });

  it('lets two scopes bring the same file', async () => {
    const { pool } = await open();
    const intakes = await Promise.all([pool.intake('a'), pool.intake('b')]);
    for (const intake of intakes) await intake.add(LARGE);
    await Promise.all(intakes.map((intake) => intake.finish()));
    expect(await collectAll(pool.list())).toEqual([{ sha256: sha256(LARGE), size: LARGE.length }]);
  });

  it('says so when the file system refuses, and fails from then on', async () => {
    const { pool, storage, tmp } = await open();
    const intake = await pool.intake('s');
    const blob = await intake.add(SMALL);
    await mkdir(join(storage, 'pool/sha256', blob.sha256.slice(0, 2), blob.sha256));
    await expect(intake.flush()).rejects.toMatchObject({ code: 'STORAGE', message: expect.stringContaining(blob.sha256) });
    await expect(intake.flush()).rejects.toMatchObject({ code: 'STORAGE' });
    await intake.abandon();
    const [left] = await readdir(join(tmp, 's'));
    expect((await readFile(join(tmp, 's', left ?? ''))).equals(SMALL)).toBe(true);
  });

  it('brings in 5,000 small files quickly', async () => {
    const { pool } = await open();
    const intake = await pool.intake('s');
    const started = performance.now();
    const bytes = Buffer.alloc(2048);
    for (let index = 0; index < 5000; index++) {
      bytes.writeUInt32LE(index);
      const part = await intake.open(sha256(bytes), expectedOf(bytes));
      await part.write(bytes);
      await part.complete();
    }
    await intake.finish();
    // 20,000 are to take under 4 s; this leaves room for a busy machine.
    expect(performance.now() - started).toBeLessThan(5000);
    expect(await pool.stat(sha256(bytes))).toBe(2048);
  });
});

async function open() {
  const storage = await temporaryDirectory();
  const pool = await openPool(storage);
  return { storage, pool, tmp: join(storage, 'tmp') };
}

/** An interrupted run that had received these bytes. */
async function leave(pool: Awaited<ReturnType<typeof openPool>>, bytes: Buffer, expected: Expected, key?: string): Promise<void> {
  const intake = await pool.intake('s');
  const part = await intake.open(key ?? expected.checksums[0]?.value ?? '', expected);
  await part.write(bytes);
  await part.keep();
  await intake.abandon();
}
