import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileWriter, type FileWriter } from '../../src/store/file-writer.ts';
import { temporaryDirectory } from './storage-fixture.ts';

/** More than are written before a thread is started for the rest. */
const MANY = 1000;

describe('store/file-writer', () => {
  let folder: string;
  let writer: FileWriter;
  beforeEach(async () => {
    folder = await temporaryDirectory();
    writer = createFileWriter();
  });
  afterEach(() => writer.close());

  it('writes many files, each whole and read-only, in place of what was there', async () => {
    const path = (index: number): string => join(folder, `file-${index}`);
    const content = (index: number): string => `${index} `.repeat(index);
    for (const index of [1, MANY - 1]) writeFileSync(path(index), 'left by an earlier run');
    const writing = Array.from({ length: MANY }, (_, index) => writer.write(path(index), Buffer.from(content(index))));
    expect(writing.filter((one) => one === undefined).length).toBeGreaterThan(0);
    expect(writing.filter((one) => one !== undefined).length).toBeGreaterThan(0);
    await Promise.all(writing);
    for (let index = 0; index < MANY; index++) {
      expect(readFileSync(path(index), 'utf8')).toBe(content(index));
      expect(statSync(path(index)).mode & 0o222).toBe(0);
    }
  });

  it('fails with the error of the system for the file that cannot be written, and for no other', async () => {
    const write = async (name: string): Promise<unknown> => await writer.write(join(folder, name), Buffer.from(name));
    await expect(write('no/such/folder')).rejects.toMatchObject({ code: 'ENOENT' });
    for (let index = 0; index < MANY; index++) await write(`file-${index}`);
    const results = await Promise.allSettled([write('a'), write('no/such/folder'), write('b')]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { code: 'ENOENT' } });
    expect(readFileSync(join(folder, 'b'), 'utf8')).toBe('b');
  });

  it('rejects what it was still to write when it is closed', async () => {
    for (let index = 0; index < MANY; index++) await writer.write(join(folder, `file-${index}`), Buffer.from('x'));
    const writing = writer.write(join(folder, 'late'), Buffer.from('x'));
    writer.close();
    await expect(writing).rejects.toThrow('given up');
  });
});
