import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/oci/format/digest.ts';
import type { BlobStore, Intake } from '../../src/store/blobs.ts';
import { openPool } from '../../src/store/pool.ts';
import { content, expectedOf, sha256, temporaryDirectory } from './storage-fixture.ts';

async function openIntake(): Promise<{ readonly blobs: BlobStore; readonly intake: Intake; readonly left: () => string[] }> {
  const storage = await temporaryDirectory();
  const blobs = await openPool(storage);
  return { blobs, intake: await blobs.intake('uploads'), left: () => readdirSync(join(storage, 'tmp/uploads')) };
}

describe('store/upload', () => {
  it.each([0, 100, 256 * 1024, 256 * 1024 + 1, 5_000_000])('makes a file of %i bytes a blob when it is complete', async (size) => {
    const { blobs, intake, left } = await openIntake();
    const bytes = content(size, size);
    const upload = await intake.upload('key', []);
    for (let at = 0; at < size; at += 70_001) await upload.write(bytes.subarray(at, at + 70_001));
    expect(upload.size).toBe(size);
    expect(await upload.complete(expectedOf(bytes))).toEqual({ sha256: sha256(bytes), size });
    expect(await blobs.readWhole(sha256(bytes), size)).toEqual(bytes);
    expect(left()).toEqual([]);
  });

  it.each([
    ['told before', ['sha512']],
    ['not told before', []],
  ] as const)('checks a digest by another algorithm that was %s', async (_, algorithms) => {
    const { intake } = await openIntake();
    for (const size of [10, 1_000_000]) {
      const bytes = content(size, size);
      const checksums = [{ algorithm: 'sha512', value: digestOf(bytes, 'sha512').slice('sha512:'.length) }] as const;
      const upload = await intake.upload('key', algorithms);
      await upload.write(bytes);
      expect(await upload.complete({ checksums })).toEqual({ sha256: sha256(bytes), size });
      const wrong = await intake.upload('key', algorithms);
      await wrong.write(bytes.subarray(1));
      await expect(wrong.complete({ checksums })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    }
  });

  it('leaves nothing of what is wrong or given up', async () => {
    const { blobs, intake, left } = await openIntake();
    for (const size of [10, 1_000_000]) {
      const bytes = content(1, size);
      const wrong = await intake.upload('wrong', []);
      await wrong.write(bytes);
      await expect(wrong.complete(expectedOf(content(2, size)))).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
      const dropped = await intake.upload('dropped', []);
      await dropped.write(bytes);
      await dropped.drop();
      expect([left(), blobs.has(sha256(bytes))]).toEqual([[], false]);
    }
  });

  it('goes on in the next run with what was kept, and not with what nobody has touched for long', async () => {
    const storage = await temporaryDirectory();
    const blobs = await openPool(storage);
    const bytes = content(3, 600_000);
    const first = await blobs.intake('uploads');
    const upload = await first.upload('key', []);
    await upload.write(bytes.subarray(0, 400_000));
    await upload.keep();
    await first.abandon();

    const second = await blobs.intake('uploads');
    expect([second.holds('key'), second.holds('other')]).toEqual([true, false]);
    await second.removeUntouched(0);
    const resumed = await second.upload('key', []);
    expect([resumed.size, second.holds('key')]).toEqual([400_000, false]);
    await resumed.write(bytes.subarray(400_000));
    expect(await resumed.complete(expectedOf(bytes))).toEqual({ sha256: sha256(bytes), size: 600_000 });

    const kept = await second.upload('old', []);
    await kept.write(bytes);
    await kept.keep();
    await second.removeUntouched(Date.now() + 1000);
    expect([second.holds('old'), readdirSync(join(storage, 'tmp/uploads'))]).toEqual([false, []]);
  });

  it('takes no memory or open file while it is parked, and goes on', async () => {
    const { intake } = await openIntake();
    const bytes = content(4, 300_000);
    const upload = await intake.upload('key', []);
    await upload.write(bytes.subarray(0, 1000));
    expect(upload.inMemory).toBe(true);
    await upload.park();
    expect([upload.inMemory, upload.size]).toEqual([false, 1000]);
    await upload.write(bytes.subarray(1000));
    await upload.park();
    expect(await upload.complete(expectedOf(bytes))).toEqual({ sha256: sha256(bytes), size: 300_000 });
  });

  it('makes those durable together that are complete together', async () => {
    const { blobs, intake } = await openIntake();
    const all = Array.from({ length: 50 }, (_, number) => content(number, 1000));
    await Promise.all(
      all.map(async (bytes, number) => {
        const upload = await intake.upload(`key-${number}`, []);
        await upload.write(bytes);
        await upload.complete(expectedOf(bytes));
      }),
    );
    for (const bytes of all) expect(blobs.has(sha256(bytes))).toBe(true);
  });

  it('has one file for a key at a time', async () => {
    const { intake } = await openIntake();
    await intake.upload('key', []);
    await expect(intake.upload('key', [])).rejects.toMatchObject({ code: 'STORAGE' });
  });
});
