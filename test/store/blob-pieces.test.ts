import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPool } from '../../src/store/pool.ts';
import { content, sha256, temporaryDirectory } from './storage-fixture.ts';

describe('store/blob-pieces', () => {
  it.each([
    [0, 0],
    [0, 1_999_999],
    [524_287, 524_288],
    [100, 1_600_000],
  ])('gives the bytes %i to %i', async (start, end) => {
    const blobs = await openPool(await temporaryDirectory());
    const intake = await blobs.intake('test');
    const bytes = content(1, 2_000_000);
    const { sha256: name } = await intake.add(bytes);
    await intake.flush();
    const found: Buffer[] = [];
    for await (const piece of blobs.pieces(name, { start, end })) found.push(Buffer.from(piece));
    expect(Buffer.concat(found).equals(bytes.subarray(start, end + 1))).toBe(true);
  });

  it('fails where the file is missing, or shorter than the range', async () => {
    const storage = await temporaryDirectory();
    const blobs = await openPool(storage);
    const read = async (name: string): Promise<void> => {
      for await (const piece of blobs.pieces(name, { start: 0, end: 1_999_999 })) expect(piece.length).toBeGreaterThan(0);
    };
    await expect(read(sha256('missing'))).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    await expect(read('../state.db')).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    const intake = await blobs.intake('test');
    const { sha256: name } = await intake.add(content(1, 2_000_000));
    await intake.flush();
    truncateSync(join(storage, 'pool/sha256', name.slice(0, 2), name), 1_000_000);
    await expect(read(name)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
  });
});
