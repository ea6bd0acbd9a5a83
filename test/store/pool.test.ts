import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { openPool } from '../../src/store/pool.ts';
import { collectAll, content, expectedOf, sha256, temporaryDirectory } from './storage-fixture.ts';

const SHA256_TOOL = 'sha256sum';

async function poolWith(...files: Buffer[]) {
  const storage = await temporaryDirectory();
  const pool = await openPool(storage);
  const intake = await pool.intake('test');
  for (const file of files) await intake.add(file);
  await intake.finish();
  return { storage, pool };
}

describe('store/pool', () => {
  it('keeps a file under its SHA-256, read-only', async () => {
    const bytes = Buffer.from('hello');
    const { storage } = await poolWith(bytes);
    const path = join(storage, 'pool/sha256/2c/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824');
    expect(await readFile(path, 'utf8')).toBe('hello');
    expect((await stat(path)).mode & 0o222).toBe(0);
    expect((await stat(path)).mode & 0o400).toBe(0o400);
    expect(await readdir(join(storage, 'tmp'))).toEqual([]);
  });

  it('names what sha256sum finds', async () => {
    const large = content(1, 3_000_000);
    const { storage, pool } = await poolWith(large, Buffer.alloc(0), content(2, 256 * 1024), content(3, 256 * 1024 + 1));
    const blobs = await collectAll(pool.list());
    expect(blobs.map((blob) => blob.size).sort((a, b) => a - b)).toEqual([0, 262144, 262145, 3_000_000]);
    for (const blob of blobs) {
      const path = join(storage, 'pool/sha256', blob.sha256.slice(0, 2), blob.sha256);
      expect(execFileSync(SHA256_TOOL, [path], { encoding: 'utf8' })).toContain(blob.sha256);
      expect((await stat(path)).mode & 0o222).toBe(0);
    }
  });

  it('does nothing to the disk before the first intake', async () => {
    const storage = await temporaryDirectory();
    const pool = await openPool(join(storage, 'later'));
    expect(await pool.stat(sha256('x'))).toBeUndefined();
    expect(await collectAll(pool.list())).toEqual([]);
    expect(await readdir(storage)).toEqual([]);
  });

  it('refuses a storage directory that is a file', async () => {
    const storage = join(await temporaryDirectory(), 'file');
    await writeFile(storage, '');
    await expect(openPool(storage)).rejects.toMatchObject({ code: 'STORAGE', message: expect.stringContaining(storage) });
    await expect(openPool(join(storage, 'below'))).rejects.toMatchObject({ code: 'STORAGE' });
  });

  it('gives sizes, and nothing for what is not there or no digest', async () => {
    const { pool } = await poolWith(Buffer.from('hello'));
    expect(await pool.stat(sha256('hello'))).toBe(5);
    expect(await pool.stat(sha256('other'))).toBeUndefined();
    expect(await pool.stat('../../state.db')).toBeUndefined();
    expect(await pool.stat(sha256('hello').toUpperCase())).toBeUndefined();
  });

  it('streams a blob or a range of it', async () => {
    const bytes = content(4, 2_500_000);
    const { pool } = await poolWith(bytes, Buffer.alloc(0));
    const digest = sha256(bytes);
    expect((await buffer(pool.read(digest))).equals(bytes)).toBe(true);
    expect((await buffer(pool.read(digest, { start: 0, end: 0 }))).equals(bytes.subarray(0, 1))).toBe(true);
    expect((await buffer(pool.read(digest, { start: 1_000_000, end: 2_200_000 }))).equals(bytes.subarray(1_000_000, 2_200_001))).toBe(true);
    expect((await buffer(pool.read(digest, { start: 2_499_999, end: 9e9 }))).equals(bytes.subarray(2_499_999))).toBe(true);
    expect((await buffer(pool.read(digest, { start: 2_500_000, end: 9e9 }))).length).toBe(0);
    expect((await buffer(pool.read(sha256('')))).length).toBe(0);
  });

  it('fails as a stream when the blob is missing, or the name is no digest', async () => {
    const { storage, pool } = await poolWith(Buffer.from('hello'));
    await writeFile(join(storage, 'secret'), 'secret');
    await expect(buffer(pool.read(sha256('other')))).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    await expect(buffer(pool.read('../../secret'))).rejects.toMatchObject({ code: 'BLOB_MISSING' });
  });

  it('closes the file when a stream is given up', async () => {
    const bytes = content(5, 3_000_000);
    const { pool } = await poolWith(bytes);
    const open = async () => (await readdir('/proc/self/fd')).length;
    const before = await open();
    for (let round = 0; round < 20; round++) {
      for await (const _chunk of pool.read(sha256(bytes))) break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await open()).toBeLessThanOrEqual(before + 1);
  });

  it.each([
    ['a small', Buffer.from('hello')],
    ['a large', content(6, 300_000)],
  ])('reads %s blob whole only when it is not over the limit, and right', async (_, bytes) => {
    const { storage, pool } = await poolWith(bytes);
    const [digest, size] = [sha256(bytes), bytes.length];
    expect((await pool.readWhole(digest, size)).equals(bytes)).toBe(true);
    await expect(pool.readWhole(digest, size - 1)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    await expect(pool.readWhole(sha256('x'), size)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    await expect(pool.readWhole('../../x', size)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    const path = join(storage, 'pool/sha256', digest.slice(0, 2), digest);
    await chmod(path, 0o644);
    await writeFile(path, Buffer.alloc(size));
    await expect(pool.readWhole(digest, size)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
  });

  it('deletes, also what is not there', async () => {
    const { pool } = await poolWith(Buffer.from('hello'));
    await pool.delete(sha256('hello'));
    await pool.delete(sha256('hello'));
    expect(await pool.stat(sha256('hello'))).toBeUndefined();
  });

  it('lists nothing but blobs', async () => {
    const { storage, pool } = await poolWith(Buffer.from('hello'), Buffer.from('world'));
    await writeFile(join(storage, 'pool/sha256/00/README'), 'x');
    await mkdir(join(storage, 'pool/sha256/zz'), { recursive: true });
    expect((await collectAll(pool.list())).map((blob) => blob.sha256).sort()).toEqual([sha256('hello'), sha256('world')].sort());
  });

  it('mends a blob of the same name that is damaged when it is brought in again', async () => {
    const bytes = Buffer.from('hello');
    const { storage, pool } = await poolWith(bytes);
    const path = join(storage, 'pool/sha256', sha256(bytes).slice(0, 2), sha256(bytes));
    await chmod(path, 0o644);
    await writeFile(path, 'jello');
    const intake = await pool.intake('again');
    const part = await intake.open(sha256(bytes), expectedOf(bytes));
    await part.write(bytes);
    await part.complete();
    await intake.finish();
    expect((await pool.readWhole(sha256(bytes), 10)).toString()).toBe('hello');
  });

  it('takes no scope that could leave tmp', async () => {
    const { pool } = await poolWith();
    for (const scope of ['', '..', '../x', 'a/b', '.hidden', 'A']) {
      await expect(pool.intake(scope)).rejects.toMatchObject({ code: 'NAME_INVALID' });
    }
  });
});
