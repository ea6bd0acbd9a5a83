import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createOverlappedWriter } from '../../src/store/overlapped-writer.ts';
import { content, temporaryDirectory } from './storage-fixture.ts';

const BUFFER = 512 * 1024;

describe('store/overlapped-writer', () => {
  it.each([0, 1, BUFFER - 1, BUFFER, BUFFER + 1, 5 * BUFFER + 7])('writes %i bytes, and tells them in order', async (size) => {
    const path = join(await temporaryDirectory(), 'file');
    const handle = await open(path, 'a');
    const told: Buffer[] = [];
    const writer = createOverlappedWriter(handle, (bytes) => told.push(Buffer.from(bytes)));
    const bytes = content(1, size);
    for (let at = 0; at < size; at += 100_003) {
      const piece = Buffer.from(bytes.subarray(at, at + 100_003));
      await writer.append(piece);
      // The caller may use its buffer again.
      piece.fill(0);
    }
    await writer.flush();
    await handle.close();
    expect(writer.waiting).toBe(0);
    expect(Buffer.concat(told).equals(bytes)).toBe(true);
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  it('takes one piece that is larger than its buffers', async () => {
    const path = join(await temporaryDirectory(), 'file');
    const handle = await open(path, 'a');
    const writer = createOverlappedWriter(handle, () => undefined);
    const bytes = content(2, 3 * BUFFER + 5);
    await writer.append(bytes);
    await writer.flush();
    await handle.close();
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  it('says so when a write fails, and forgets what was not written', async () => {
    const path = join(await temporaryDirectory(), 'file');
    await (await open(path, 'a')).close();
    // Nothing can be written through it.
    const handle = await open(path, 'r');
    const told: number[] = [];
    const writer = createOverlappedWriter(handle, (bytes) => told.push(bytes.length));
    await writer.append(content(3, BUFFER + 1));
    await expect(writer.flush()).rejects.toMatchObject({ code: 'EBADF' });
    expect([writer.waiting, told]).toEqual([0, []]);
    await handle.close();
  });
});
